"""Personal data in the back office: the log for auditors, requests moved by acts, holds."""

import pytest
from django.urls import reverse

from accounts.actions import ask_about_data, lift_hold, place_hold, reveal
from accounts.models import LegalHold, PersonalDataAccess, PersonalDataRequest
from common.dashboard import badge_of

LOG = "admin:accounts_personaldataaccess_changelist"


def act(browser, row, name, **answers):
    label = row._meta.label_lower.replace(".", "_")
    url = reverse(f"admin:{label}_act", args=[row.pk, name])
    return browser.post(url, {"step": "do", "reason": "核对过了"} | answers)


@pytest.fixture
def looks(mei, ada, ops, bo, owned):
    reveal(mei.member, "phone", by=bo, reason="回电核对")
    reveal(ada.member, "name", by=ops, reason="监管来函")


def test_auditors_read_who_looked_and_filter_by_member_actor_and_field(
    browser_of, auditor, looks, mei, ada, bo
):
    browser = browser_of(auditor)
    found = browser.get(reverse(LOG)).content.decode()
    assert "回电核对" in found
    assert "监管来函" in found
    for query in (
        {"q": "M10000001"},
        {"member_no": "M10000001"},
        {"actor": "bo"},
        {"q": "bo"},
        {"field__exact": "phone"},
    ):
        found = browser.get(reverse(LOG), query).content.decode()
        assert "回电核对" in found, query
        assert "监管来函" not in found, query
    assert mei.member.phone not in found
    assert "周小宁" not in found


def test_the_log_asks_a_fixed_number_of_questions(
    browser_of, auditor, looks, mei, bo, django_assert_max_num_queries
):
    browser = browser_of(auditor)
    browser.get(reverse(LOG))
    for _time in range(20):
        reveal(mei.member, "phone", by=bo, reason="回电")
    with django_assert_max_num_queries(16):
        browser.get(reverse(LOG))


def test_nobody_writes_into_the_log(browser_of, ops, looks):
    row = PersonalDataAccess.objects.first()
    browser = browser_of(ops)
    assert browser.get(reverse("admin:accounts_personaldataaccess_add")).status_code == 404
    url = reverse("admin:accounts_personaldataaccess_delete", args=[row.pk])
    assert browser.post(url, {"post": "yes"}).status_code == 404


def test_opening_a_members_page_is_written_down(browser_of, ops, auditor, mei):
    url = reverse("admin:accounts_member_change", args=[mei.member.pk])
    for who in (ops, ops, auditor):
        assert browser_of(who).get(url).status_code == 200
    assert list(PersonalDataAccess.objects.values_list("kind", "actor").order_by("pk")) == [
        ("page", ops.pk),
        ("page", auditor.pk),
    ]


def test_a_talk_is_masked_in_the_back_office_until_it_is_revealed(
    browser_of, ops, owned, mei, order
):
    from tickets.actions.posting import post_message

    post_message(owned, by=mei, author_kind="member", body="我叫周小宁，电话13800002071")
    browser = browser_of(ops)
    url = reverse("admin:tickets_conversation_change", args=[owned.pk])
    assert "13800002071" not in browser.get(url).content.decode()
    act(browser, owned, "read_whole", purpose="inspection")
    assert "我叫周小宁，电话13800002071" in browser.get(url).content.decode()
    assert set(PersonalDataAccess.objects.values_list("kind", "field")) == {
        ("conversation", ""),
        ("reveal", "text"),
    }


def test_holds_are_counted_by_whether_they_were_lifted(browser_of, ops, mei, ada, chen):
    for who in (mei, ada, chen):
        place_hold(who.member, ordered_by="某某法院", by=ops, reason="来函")
    lift_hold(chen.member, by=ops, reason="来函")
    url = reverse("admin:accounts_legalhold_counts")
    for query in ({}, {"lifted_at__isempty": "0"}):
        found = browser_of(ops).get(url, query).json()
        assert found["filters"] == {"lifted_at__isempty": ["3", "2", "1"]}
    assert found["total"] == "1"
    assert browser_of(ops).get(url, {"lifted_at__isempty": "maybe"}).status_code == 400


def test_requests_are_moved_by_acts(browser_of, ops, mei):
    asked, _made = ask_about_data(mei.member, "correction", by=mei, field="name", wish="周晓宁")
    browser = browser_of(ops)
    page = browser.get(reverse("admin:accounts_personaldatarequest_change", args=[asked.pk]))
    assert "周*宁" in page.content.decode()
    assert "周晓宁" not in page.content.decode()
    act(browser, asked, "correct")
    asked.refresh_from_db()
    assert asked.state == "done"
    other, _made = ask_about_data(mei.member, "erasure", by=mei)
    act(browser, other, "refuse", ground="running", reason="还有一单在路上")
    other.refresh_from_db()
    assert (other.state, other.answer) == ("refused", "还有一单在路上")


def test_erasure_is_begun_and_brought_back_by_acts(browser_of, ops, mei):
    asked, _made = ask_about_data(mei.member, "erasure", by=mei)
    browser = browser_of(ops)
    act(browser, asked, "begin")
    mei.refresh_from_db()
    assert not mei.is_active
    act(browser, asked, "bring_back")
    mei.refresh_from_db()
    assert mei.is_active


def test_a_hold_is_placed_and_lifted_by_acts(browser_of, ops, mei):
    browser = browser_of(ops)
    act(browser, mei.member, "hold", ordered_by="杭州互联网法院")
    hold = LegalHold.objects.get()
    assert (hold.member, hold.ordered_by, hold.placed_by) == (mei.member, "杭州互联网法院", ops)
    act(browser, hold, "lift")
    hold.refresh_from_db()
    assert hold.lifted_at is not None


def test_auditors_move_nothing(browser_of, auditor, mei):
    asked, _made = ask_about_data(mei.member, "erasure", by=mei)
    for name in ("begin", "refuse", "withdraw"):
        assert act(browser_of(auditor), asked, name).status_code == 404
    assert act(browser_of(auditor), mei.member, "hold", ordered_by="x").status_code == 404


def test_what_is_due_soon_stands_in_the_sidebar(mei):
    asked, _made = ask_about_data(mei.member, "erasure", by=mei)
    assert not badge_of("accounts.personaldatarequest")
    PersonalDataRequest.objects.filter(pk=asked.pk).update(due_at=asked.asked_at)
    from django.core.cache import cache

    cache.clear()
    assert badge_of("accounts.personaldatarequest") == 1


def test_what_was_asked_by_phone_is_written_down(browser_of, ops, mei):
    act(browser_of(ops), mei.member, "ask", kind="erasure")
    assert PersonalDataRequest.objects.get().kind == "erasure"
