"""The back office joins, parts and tells apart, with a reason, and shows who is of a contact."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.actions.likenesses import find_likenesses
from accounts.models import Contact, ContactIdentity, Likeness, LikenessState, Member

pytestmark = pytest.mark.django_db


def act(client, row, name, **answers):
    label = f"{row._meta.app_label}_{row._meta.model_name}"
    url = reverse(f"admin:{label}_act", args=[row.pk, name])
    return client.post(url, {"step": "do", "reason": "核对过"} | answers, follow=True)


@pytest.fixture
def office(browser_of, ops):
    return browser_of(ops)


@pytest.mark.parametrize("other", ["M10000002", "QIAO"])
def test_a_member_is_joined_with_a_number_or_an_account(office, mei, ada, qiao, other):
    said = act(office, mei.member, "join", other=other, kind="person").content.decode()
    contact = Contact.objects.get()
    assert contact.public_key in said
    page = office.get(reverse("admin:accounts_contact_change", args=[contact.pk])).content.decode()
    assert "M10000001" in page
    assert "周小宁" not in page
    assert ("M10000002" if other == "M10000002" else "乔木") in page
    assert (
        "核对过"
        in office.get(reverse("admin:accounts_contact_history", args=[contact.pk])).content.decode()
    )


def test_whom_nobody_knows_is_said_and_nothing_is_kept(office, mei):
    said = act(office, mei.member, "join", other="M99", kind="person").content.decode()
    assert "没有这个会员或账号" in said
    assert not Contact.objects.exists()


def test_one_is_taken_out_on_the_contacts_page(office, mei, ada):
    act(office, mei.member, "join", other="M10000002", kind="person")
    contact = Contact.objects.get()
    gone = contact.identities.get(member=ada.member)
    act(office, contact, "unmerge", identity=gone.pk)
    assert list(ContactIdentity.objects.running().values_list("member", flat=True)) == [
        mei.member.pk
    ]


@pytest.mark.parametrize(
    ("name", "state", "running"),
    [("merge", LikenessState.JOINED, 2), ("apart", LikenessState.APART, 0)],
)
def test_a_pair_is_decided_in_its_list(office, mei, ada, name, state, running):
    Member.objects.filter(pk=ada.member.pk).update(phone=mei.member.phone)
    find_likenesses(timezone.now())
    listed = office.get(reverse("admin:accounts_likeness_changelist")).content.decode()
    assert "电话相同" in listed
    assert mei.member.phone not in listed
    act(office, Likeness.objects.get(), name)
    assert Likeness.objects.get().state == state
    assert ContactIdentity.objects.running().count() == running


def test_the_list_of_pairs_asks_as_much_for_many_as_for_few(office, django_assert_max_num_queries):
    for number in range(12):
        for twin in "ab":
            Member.objects.create(member_no=f"M3{number:04}{twin}", phone=f"1390000{number:04}")
    find_likenesses(timezone.now())
    with django_assert_max_num_queries(20):
        office.get(reverse("admin:accounts_likeness_changelist"))
