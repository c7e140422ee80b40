"""One person, several identities: joined, taken apart, suggested, erased; nothing they own moves."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.actions import (
    ask_about_data,
    begin_erasure,
    bring_back,
    keep_apart,
    make_nameless,
    merge_identities,
    unmerge_identity,
)
from accounts.actions.likenesses import find_likenesses
from accounts.contacts.queries import also_known_as, joins_of
from accounts.models import (
    Contact,
    ContactIdentity,
    Likeness,
    LikenessState,
    MarkKind,
    Member,
    MemberMark,
    RequestKind,
    Role,
)
from accounts.personal_data import Joins, subject_of
from common.errors import DomainError
from common.history import history_of
from tests.conftest import make_order, person
from tests.tickets.casts import answered
from trade.models import Order

pytestmark = pytest.mark.django_db
NOW = timezone.now()
WHY = "电话核对过，是同一个人"


def merged(first, second, ops, **more):
    return merge_identities(first, second, by=ops, reason=WHY, **more)


def running():
    """Return who belongs to which contact now: contact to its members and accounts."""
    found = {}
    for row in ContactIdentity.objects.running().order_by("pk"):
        found.setdefault(row.contact_id, set()).add(row.member_id or f"user {row.user_id}")
    return found


def refused(code, action, *args, **kwargs):
    with pytest.raises(DomainError) as error:
        action(*args, **kwargs)
    assert error.value.code == code


# --- Joining --------------------------------------------------------------------------------------


def test_two_members_become_one_contact_and_all_sides_have_it_in_their_history(mei, ada, ops):
    contact = merged(mei.member, ada.member, ops)
    assert running() == {contact.pk: {mei.member.pk, ada.member.pk}}
    assert contact.public_key.startswith("con_")
    line = history_of(contact).get()
    assert (line.action, line.actor, line.reason) == ("contact.merged", ops, WHY)
    for one in (mei.member, ada.member):
        assert history_of(one).first().action == "member.contact_joined"
    assert also_known_as(mei.member) == ["M10000002"]
    assert also_known_as(ada.member) == ["M10000001"]


def test_a_second_time_changes_nothing(mei, ada, ops):
    contact = merged(mei.member, ada.member, ops)
    before = list(ContactIdentity.objects.values_list("pk", "since", "until"))
    assert merged(ada.member, mei.member, ops) == contact
    assert list(ContactIdentity.objects.values_list("pk", "since", "until")) == before
    assert history_of(contact).count() == 1


def test_the_older_contact_takes_in_the_younger_one_with_all_of_it(mei, ada, chen, qiao, ops):
    older, younger = merged(mei.member, ada.member, ops), merged(chen.member, qiao, ops)
    assert merged(ada.member, qiao, ops) == older
    assert running() == {
        older.pk: {mei.member.pk, ada.member.pk, chen.member.pk, f"user {qiao.pk}"}
    }
    younger.refresh_from_db()
    assert younger.merged_into == older
    assert younger.identities.exclude(until=None).count() == 2
    assert history_of(younger).first().action == "contact.taken_in"


def test_an_account_that_works_here_comes_with_its_member(bo, mei, ops):
    own = Member.objects.create(member_no="M10000009", user=bo, display_name="许青禾")
    contact = merged(mei.member, bo, ops)
    assert running() == {contact.pk: {own.pk, f"user {bo.pk}", mei.member.pk}}


def test_a_buyers_account_counts_as_the_member(mei, ada, ops):
    contact = merged(mei, ada, ops)
    assert running() == {contact.pk: {mei.member.pk, ada.member.pk}}


def test_one_account_is_not_joined_with_itself(mei, bo, ops):
    refused("contact.same", merged, mei.member, mei, ops)
    refused("contact.same", merged, bo, bo, ops)


@pytest.mark.parametrize("who", ["bo", "lin", "wen", "mei", "aud", None])
def test_operations_alone_join_and_part(who, request, mei, ada, ops):
    contact = merged(mei.member, ada.member, ops)
    by = person("aud", "严查", Role.AUDITOR) if who == "aud" else who
    by = request.getfixturevalue(who) if who not in ("aud", None) else by
    if who is None:
        by = person("exe", "顾总", Role.EXECUTIVE)
    refused("forbidden", merge_identities, mei.member, ada.member, by=by, reason=WHY)
    refused("forbidden", unmerge_identity, contact.identities.first(), by=by, reason=WHY)


def test_why_is_asked(mei, ada, ops):
    refused("contact.no_reason", merge_identities, mei.member, ada.member, by=ops, reason="  ")


def test_nobody_joins_or_parts_themselves(mei, ada, ops):
    refused("conflict.own_case", merged, mei.member, ops, ops)
    other = person("ops2", "霜降", Role.OPERATIONS)
    contact = merged(mei.member, ops, other)
    refused("conflict.own_case", merged, mei.member, ada.member, ops)
    refused("conflict.own_case", unmerge_identity, contact.identities.first(), by=ops, reason=WHY)


# --- Taking apart ---------------------------------------------------------------------------------


def test_orders_talks_and_history_stay_where_they_are(mei, ada, ops, bo, team, shop, order):
    talk = answered(ada.member, team, bo)
    before = (Order.objects.get(pk=order.pk).member_id, talk.member_id)
    contact = merged(mei.member, ada.member, ops)
    unmerge_identity(contact.identities.get(member=ada.member), by=ops, reason="只是合租")
    talk.refresh_from_db()
    assert (Order.objects.get(pk=order.pk).member_id, talk.member_id) == before
    assert running() == {contact.pk: {mei.member.pk}}
    assert also_known_as(mei.member) == []
    assert [line.action for line in history_of(ada.member)][:2] == [
        "member.contact_left",
        "member.contact_joined",
    ]


def test_taken_out_twice_is_taken_out_once(mei, ada, ops):
    contact = merged(mei.member, ada.member, ops)
    identity = contact.identities.get(member=ada.member)
    for _time in range(2):
        unmerge_identity(identity, by=ops, reason="只是合租")
    assert history_of(contact).count() == 2


def test_who_was_taken_out_can_be_joined_again_with_a_new_period(mei, ada, ops):
    contact = merged(mei.member, ada.member, ops)
    unmerge_identity(contact.identities.get(member=ada.member), by=ops, reason="只是合租")
    assert merged(mei.member, ada.member, ops) == contact
    assert contact.identities.filter(member=ada.member).count() == 2


# --- Suggestions ----------------------------------------------------------------------------------


def pairs():
    return {
        (row.member_id, row.other_member_id or f"user {row.other_user_id}"): row.signs
        for row in Likeness.objects.open()
    }


def test_one_phone_however_written_and_one_device_are_signs(mei, ada, chen, qiao, ops):
    Member.objects.filter(pk=ada.member.pk).update(phone="+86-138 0000 2071")
    qiao.phone = "8613700001234"
    qiao.save()
    for one in (mei, ada):
        MemberMark.objects.create(
            member=one.member, kind=MarkKind.DEVICE, digest=b"x" * 32, seen_at=NOW
        )
    assert find_likenesses(NOW) == 2
    assert pairs() == {
        (mei.member.pk, ada.member.pk): ["device", "phone"],
        (chen.member.pk, f"user {qiao.pk}"): ["phone"],
    }
    assert find_likenesses(NOW) == 0


def test_what_too_many_share_says_nothing(db):
    for number in range(6):
        Member.objects.create(member_no=f"M2000000{number}", phone="13812340000")
    assert find_likenesses(NOW) == 0
    Member.objects.filter(member_no="M20000005").update(phone="")
    assert find_likenesses(NOW) == 10


def test_a_sign_that_is_gone_takes_its_suggestion_along(mei, ada):
    Member.objects.filter(pk=ada.member.pk).update(phone="13800002071")
    find_likenesses(NOW)
    Member.objects.filter(pk=ada.member.pk).update(phone="13900008813")
    find_likenesses(NOW)
    assert pairs() == {}


def test_a_decided_pair_does_not_come_back(mei, ada, ops):
    Member.objects.filter(pk=ada.member.pk).update(phone="13800002071")
    find_likenesses(NOW)
    apart = keep_apart(Likeness.objects.get(), by=ops, reason="母女共用一个号")
    assert history_of(apart).get().reason == "母女共用一个号"
    keep_apart(apart, by=ops, reason="再说一遍")
    assert find_likenesses(NOW) == 0
    assert Likeness.objects.get().state == LikenessState.APART


def test_joining_settles_the_suggestion_and_parting_remembers(mei, ada, ops):
    Member.objects.filter(pk=ada.member.pk).update(phone="13800002071")
    find_likenesses(NOW)
    contact = merged(mei.member, ada.member, ops)
    assert Likeness.objects.get().state == LikenessState.JOINED
    refused("contact.joined", keep_apart, Likeness.objects.get(), by=ops, reason="不是")
    unmerge_identity(contact.identities.get(member=ada.member), by=ops, reason="不是")
    assert Likeness.objects.get().state == LikenessState.APART
    assert find_likenesses(NOW) == 0


def test_parted_by_hand_is_not_suggested_either(mei, ada, ops):
    contact = merged(mei.member, ada.member, ops)
    unmerge_identity(contact.identities.get(member=ada.member), by=ops, reason="不是")
    Member.objects.filter(pk=ada.member.pk).update(phone="13800002071")
    assert find_likenesses(NOW) == 0


def test_nobody_decides_about_a_pair_they_are_in(ops, mei):
    Member.objects.filter(pk=mei.member.pk).update(phone="13911112222")
    ops.phone = "13911112222"
    ops.save()
    assert find_likenesses(NOW) == 1
    refused("conflict.own_case", keep_apart, Likeness.objects.get(), by=ops, reason="不是我")
    assert not Likeness.objects.for_work_of(ops).exists()


# --- Erasure and what the member sees ---------------------------------------------------------------


@pytest.fixture
def joined(mei, ada, ops):
    return merged(mei.member, ada.member, ops)


def test_who_has_asked_to_be_erased_is_not_joined(mei, ada, ops):
    asked, _made = ask_about_data(mei.member, RequestKind.ERASURE, by=mei)
    begin_erasure(asked, by=ops, reason="核对过")
    refused("contact.erased", merged, mei.member, ada.member, ops)
    refused("contact.erased", merged, ada.member, mei, ops)


def test_erasure_takes_the_identity_out_and_leaves_the_others(joined, mei, ada, ops):
    asked, _made = ask_about_data(mei.member, RequestKind.ERASURE, by=mei)
    begin_erasure(asked, by=ops, reason="核对过")
    assert also_known_as(ada.member) == []
    while make_nameless(asked):
        pass
    assert running() == {joined.pk: {ada.member.pk}}
    assert not ContactIdentity.objects.filter(member=mei.member).exists()
    assert history_of(joined).first().action == "contact.identity_erased"


def test_who_is_brought_back_is_joined_as_before(joined, mei, ada, ops):
    asked, _made = ask_about_data(mei.member, RequestKind.ERASURE, by=mei)
    begin_erasure(asked, by=ops, reason="核对过")
    bring_back(asked, by=ops, reason="反悔了")
    assert also_known_as(ada.member) == ["M10000001"]


def test_the_page_and_the_copy_say_the_fact_alone(joined, mei, ada, qiao, ops, shop, browser_of):
    merged(mei.member, qiao, ops)
    make_order(ada, shop, "2611200341700099", NOW, product="只有艾达买的东西")
    page = browser_of(mei).get(reverse("privacy")).content.decode()
    rows = Joins().rows(subject_of(mei.member), None, 100).rows
    for told in (page, str(rows)):
        assert "M10000002" in told
        assert not {
            one for one in ("只有艾达买的东西", "13900008813", "qiao", "乔木") if one in told
        }
    assert len(rows) == 2
    copied = browser_of(ada).get(reverse("privacy")).content.decode()
    assert "M10000001" in copied
    assert "13800002071" not in copied


def test_a_join_that_is_over_has_its_end(joined, mei, ada, ops):
    unmerge_identity(joined.identities.get(member=ada.member), by=ops, reason="不是")
    (join,) = joins_of(mei.member.pk)
    assert join.until is not None
    assert join.since <= join.until


def test_who_came_after_one_had_left_was_never_joined(joined, mei, ada, chen, ops):
    later = timezone.now() + timedelta(minutes=1)
    unmerge_identity(joined.identities.get(member=ada.member), by=ops, reason="不是")
    merged(mei.member, chen.member, ops, now=later)
    assert [join.what for join in joins_of(ada.member.pk)] == [
        join.what for join in joins_of(ada.member.pk) if "M10000003" not in join.what
    ]
    assert len(joins_of(mei.member.pk)) == 2


# --- Races ----------------------------------------------------------------------------------------


def together(*actions):
    """Run ``actions`` at one moment, each in a thread with a connection of its own; return the refusals."""
    start, codes = Barrier(len(actions)), []

    def run(action):
        start.wait()
        try:
            action()
        except DomainError as error:
            codes.append(error.code)
        finally:
            connection.close()

    threads = [Thread(target=run, args=[action]) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return codes


@pytest.mark.django_db(transaction=True)
def test_two_merges_at_once_make_one_contact(mei, ada, chen, ops):
    codes = together(
        lambda: merged(mei.member, ada.member, ops), lambda: merged(ada.member, chen.member, ops)
    )
    assert codes == []
    assert list(running().values()) == [{mei.member.pk, ada.member.pk, chen.member.pk}]


@pytest.mark.django_db(transaction=True)
def test_the_same_merge_twice_at_once_is_one(mei, ada, ops):
    together(*[lambda: merged(mei.member, ada.member, ops)] * 3)
    assert Contact.objects.count() == 1
    assert ContactIdentity.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_merged_while_erased_ends_outside_of_every_contact(mei, ada, ops):
    asked, _made = ask_about_data(mei.member, RequestKind.ERASURE, by=mei)
    codes = together(
        lambda: begin_erasure(asked, by=ops, reason="核对过"),
        lambda: merged(mei.member, ada.member, ops),
    )
    assert codes in ([], ["contact.erased"])
    while make_nameless(asked):
        pass
    assert not ContactIdentity.objects.filter(member=mei.member).exists()
