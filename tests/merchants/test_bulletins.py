"""Bulletins: an audience as data, a dry run, two people above a number of shops, telling in batches."""

from dataclasses import replace
from unittest import mock

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Notification, NotificationDelivery
from merchants.actions import bulletin_sending
from merchants.actions.bulletin_sending import (
    mark_bulletin_read,
    resume_bulletin,
    send_bulletin,
    stop_bulletin,
    tell_batch,
    tell_waiting,
)
from merchants.actions.bulletins import (
    approve_bulletin,
    ask_approval,
    drop_bulletin,
    edit_bulletin,
    send_back_bulletin,
)
from merchants.actions.key_accounts import assign_manager
from merchants.bulletins import rules
from merchants.bulletins.audience import FIELDS, check_audience
from merchants.bulletins.clock import LOOK_EVERY, tell
from merchants.models import Bulletin, BulletinRecipient, BulletinState, Shop, StaffAccount
from merchants.queries.bulletins import bulletin_page, dry_run, progress_of
from tests.conftest import person
from tests.merchants.casts_bulletins import (
    ALL,
    NOW,
    WHY,
    WORDS,
    approved,
    drafted,
    employ,
    experienced,
    holds,
    number,
    open_shop,
    scored,
    sent,
    told_people,
)
from tests.merchants.casts_penalties import DAY, lines_of, refused
from tests.waiting import Beside

pytestmark = pytest.mark.django_db

LEVELS = "4,11,41,91,151,251,501,1001,2001,5001"


def fitting(audience) -> list[str]:
    """Return the numbers of the shops that would be told."""
    return [one.shop_no for one in dry_run(check_audience(audience), NOW).sample]


def refusals(audience) -> list[tuple]:
    found = dry_run(check_audience(audience), NOW).refused
    return [(one.line, one.shop_no, one.why) for one in found]


# --- An audience as data ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("audience", "code", "field"),
    [
        ({"colour": ["red"]}, "audience.unknown_field", "colour"),
        ({}, "audience.nobody_named", None),
        ({"everybody": False, "regions": []}, "audience.nobody_named", None),
        ({"everybody": True, "regions": ["浙江"]}, "audience.everybody_and_more", None),
        ({"everybody": "yes"}, "audience.bad_value", "everybody"),
        ({"categories": "生鲜"}, "audience.bad_value", "categories"),
        ({"credit": ["platinum"]}, "audience.bad_line", "credit"),
        ({"states": ["open", "sleeping"]}, "audience.bad_line", "states"),
        ({"dsr_below": "5.1"}, "audience.bad_number", "dsr_below"),
        ({"dsr_below": True}, "audience.bad_value", "dsr_below"),
        ({"experience_from": "nan"}, "audience.bad_number", "experience_from"),
        ({"dsr_from": "4.6", "dsr_below": "4.6"}, "audience.backwards", "dsr_from"),
        ({"shop_nos": ["S1", "S2, S3"]}, "audience.bad_line", "shop_nos"),
        ({"shop_nos": ["S" * 33]}, "audience.bad_line", "shop_nos"),
        ([], "audience.shape", None),
    ],
)
def test_what_the_vocabulary_does_not_know_is_refused(audience, code, field, db):
    with refused(code.replace(".", r"\.")) as raised:
        check_audience(audience)
    assert raised.value.details.get("field") == field


def test_a_bad_line_is_named(db):
    with refused(r"audience\.bad_line") as raised:
        check_audience({"shop_nos": ["S1", "", "S2；S3"]})
    assert raised.value.details["line"] == 3
    assert "第3行" in raised.value.message


def test_an_audience_is_stored_without_what_is_empty_and_twice(db):
    given = {
        "regions": ["浙江", " 浙江 ", ""],
        "categories": [],
        "dsr_below": 4.6,
        "everybody": False,
    }
    assert check_audience(given) == {"regions": ["浙江"], "dsr_below": "4.6"}


@pytest.mark.parametrize(
    ("rank", "bounds"),
    [
        ("none", (None, 4)),
        ("heart", (4, 251)),
        ("diamond", (251, None)),  # the last one that begins has no end
        ("crown", (0, 0)),  # no threshold reaches it: of nobody
    ],
)
def test_a_rank_is_a_span_of_points(rank, bounds):
    thresholds = [int(one) for one in LEVELS.split(",")]
    assert rules.rank_points(rank, thresholds) == bounds


def test_every_state_has_its_moves():
    assert set(rules.MOVES) == set(BulletinState.values)
    assert {to for moves in rules.MOVES.values() for to in moves} <= set(rules.MOVES)


@pytest.fixture
def street(ops):
    """Three shops, each with one reader: A sells fruit in Zhejiang, B jewels there, C fruit in Yunnan."""
    return [
        open_shop("A", category="生鲜", region="浙江"),
        open_shop("B", category="珠宝", region="浙江"),
        open_shop("C", category="生鲜", region="云南"),
    ]


@pytest.mark.parametrize(
    ("audience", "numbers"),
    [
        (ALL, ["A", "B", "C"]),
        ({"categories": ["生鲜"]}, ["A", "C"]),
        ({"categories": ["生鲜"], "regions": ["浙江"]}, ["A"]),
        ({"regions": ["浙江", "云南"]}, ["A", "B", "C"]),
        ({"regions": ["西藏"]}, []),
        ({"shop_nos": ["C", "B"]}, ["B", "C"]),
        ({"shop_nos": ["C", "B"], "categories": ["生鲜"]}, ["C"]),
        ({"dsr_below": "4.6"}, ["B"]),
        ({"dsr_from": "4.6"}, ["A"]),  # C has no score: it fits no comparison
        ({"dsr_from": "4.5", "dsr_below": "4.8"}, ["B"]),
        ({"experience_below": "4"}, ["A"]),
        ({"experience_from": "4"}, ["B"]),
        ({"credit": ["none"]}, ["A", "C"]),
        ({"credit": ["heart", "diamond"]}, ["B"]),
        ({"states": ["restricted"]}, ["B"]),
        ({"states": ["open"]}, ["A", "C"]),
        ({"key_accounts": True}, ["A", "C"]),
    ],
)
def test_shops_are_chosen_by_what_is_known_of_them(street, audience, numbers, wen, sui, ops):
    a, b, c = street
    scored(a, 50, 48, 49)
    scored(b, 45, 45, 45, credit=10)
    experienced(a, "3.99")
    experienced(b, "4.00")
    holds(b, "listing_ban")
    holds(c, "exposure_boost")
    for account in (a, c.merchant):
        assign_manager(account, manager=wen, deputy=sui, by=ops, reason=WHY, now=NOW - DAY)
    assert fitting(audience) == numbers


# --- The dry run ------------------------------------------------------------------------------------


def test_a_dry_run_counts_shops_and_people_by_category_and_region(street):
    a, *_others = street
    employ(person("second", "店员", "merchant_staff"), a.merchant)
    found = dry_run(ALL, NOW)
    assert (found.shops, found.people) == (3, 4)
    assert found.categories == [("生鲜", 2), ("珠宝", 1)]
    assert found.regions == [("浙江", 2), ("云南", 1)]
    assert (found.refused, found.by_why) == ([], {})


def test_who_works_for_two_shops_is_one_of_the_people(street):
    a, *_others = street
    Shop.objects.create(shop_no="A2", name="二店", merchant=a.merchant)
    found = dry_run(ALL, NOW)
    assert (found.shops, found.people) == (4, 3)


def test_refusals_are_line_by_line(street):
    _a, b, _c = street
    holds(b, "shop_close")
    open_shop("D", readers=0)
    found = refusals({"shop_nos": ["A", "NO", "B", "D", "C"], "categories": ["生鲜", ""]})
    assert found == [(2, "NO", "unknown"), (3, "B", "misfit"), (4, "D", "misfit")]
    assert refusals({"shop_nos": ["A", "NO", "B", "D"]}) == [
        (2, "NO", "unknown"), (3, "B", "closed"), (4, "D", "no_reader"),
    ]  # fmt: skip


def test_closed_shops_and_those_without_readers_are_named_also_when_nobody_listed_them(street):
    _a, b, _c = street
    holds(b, "account_seal")
    open_shop("D", readers=0)
    Shop.objects.create(shop_no="E", name="没有商家")
    assert refusals(ALL) == [
        (None, "B", "closed"), (None, "D", "no_reader"), (None, "E", "no_reader"),
    ]  # fmt: skip
    assert fitting({"states": ["closed"]}) == ["B"]


@pytest.mark.parametrize("why", ["ended", "closed account", "another role"])
def test_only_who_may_read_counts_as_a_reader(street, why):
    a, *_others = street
    account = StaffAccount.objects.select_related("user").get(merchant=a.merchant)
    if why == "ended":
        account.ended_at = NOW + DAY
        account.save()
    else:
        account.user.is_active = why != "closed account"
        account.user.roles = ["member"] if why == "another role" else account.user.roles
        account.user.save()
    assert refusals({"shop_nos": ["A"]}) == [(1, "A", "no_reader")]


def test_a_dry_run_is_one_statement_and_writes_nothing(street, ops):
    row = drafted(ops)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL transaction_read_only = on")
        with CaptureQueriesContext(connection) as asked:
            assert dry_run(row.audience, NOW).shops == 3
        transaction.set_rollback(True)
    assert len(asked) == 1


def test_the_sample_is_of_ten(ops):
    for place in range(12):
        open_shop(f"N{place}")
    assert len(dry_run(ALL, NOW).sample) == 10


# --- Drafted, approved ------------------------------------------------------------------------------


def test_a_draft_is_kept_with_its_history(street, ops):
    row = drafted(ops, {"regions": ["浙江"]})
    assert (row.state, row.audience, row.drafted_by) == ("draft", {"regions": ["浙江"]}, ops)
    assert lines_of(row) == ["bulletin.drafted"]


@pytest.mark.parametrize("who", ["mei", "bo", "qiao", "wen"])
def test_nobody_else_drafts(who, request):
    with refused("forbidden"):
        drafted(request.getfixturevalue(who))


@pytest.mark.parametrize(
    "link",
    ["http://a.example", "//a.example", "/\\a.example", "javascript:alert(1)", "https://",
     "https://me@a.example/", "rules"],
)  # fmt: skip
def test_a_link_leads_to_us_or_over_https(ops, link):
    with refused(r"bulletin\.bad_link"):
        drafted(ops, words=replace(WORDS, link=link))
    assert drafted(ops, words=replace(WORDS, link="https://a.example/x")).link


def test_what_points_at_somebody_is_masked(ops):
    row = drafted(ops, words=replace(WORDS, body_zh="找周小宁，13800002071"))
    assert "13800002071" not in row.body_zh


def test_too_many_numbers_are_refused(ops):
    number("bulletin.listed", 2)
    with refused(r"audience\.too_many"):
        drafted(ops, {"shop_nos": ["A", "B", "C"]})


def test_a_draft_is_written_anew_by_its_author_alone(street, ops, judge):
    row = drafted(ops)
    with refused(r"bulletin\.not_yours"):
        edit_bulletin(row, WORDS, ALL, by=judge, now=NOW)
    edited = edit_bulletin(row, replace(WORDS, title_zh="改过"), ALL, by=ops, now=NOW)
    assert (edited.title_zh, sorted(lines_of(row))) == (
        "改过", ["bulletin.drafted", "bulletin.edited"],
    )  # fmt: skip


def test_a_second_person_approves_and_never_the_author(street, ops, judge):
    row = ask_approval(drafted(ops), by=ops, reason=WHY, now=NOW)
    assert row.shops_asked == 3
    assert Notification.objects.filter(kind="house.bulletin", person=judge).count() == 1
    assert not Notification.objects.filter(kind="house.bulletin", person=ops).exists()
    for move in (approve_bulletin, send_back_bulletin):
        with refused(r"bulletin\.same_person"):
            move(row, by=ops, reason=WHY, now=NOW)
    done = approve_bulletin(row, by=judge, reason=WHY, now=NOW)
    assert (done.state, done.approved_by) == ("approved", judge)
    assert Notification.objects.filter(kind="house.bulletin", person=ops).count() == 1


def test_the_database_knows_no_author_who_approves(street, ops):
    row = ask_approval(drafted(ops), by=ops, reason=WHY, now=NOW)
    with pytest.raises(Exception, match="bulletin_approved_by_another"), transaction.atomic():
        Bulletin.objects.filter(pk=row.pk).update(
            approved_by=ops, approved_at=NOW, state="approved"
        )


@pytest.mark.parametrize("who", ["mei", "bo", "qiao", "wen"])
def test_nobody_else_approves_or_sends(street, ops, judge, who, request):
    by = request.getfixturevalue(who)
    row = ask_approval(drafted(ops), by=ops, reason=WHY, now=NOW)
    for move in (approve_bulletin, send_back_bulletin, drop_bulletin, stop_bulletin, send_bulletin):
        with refused("forbidden"):
            move(row, by=by, reason=WHY, now=NOW)
    assert sorted(lines_of(row)) == ["bulletin.approval_asked", "bulletin.drafted"]


def test_what_was_sent_back_is_written_anew_and_asked_again(street, ops, judge):
    row = ask_approval(drafted(ops), by=ops, reason=WHY, now=NOW)
    with refused(r"bulletin\.no_reason"):
        send_back_bulletin(row, by=judge, reason=" ", now=NOW)
    send_back_bulletin(row, by=judge, reason="写清楚", now=NOW)
    edit_bulletin(row, WORDS, {"regions": ["云南"]}, by=ops, now=NOW)
    assert ask_approval(row, by=ops, now=NOW).shops_asked == 1


@pytest.mark.parametrize("column", ["title_zh", "body_en", "link", "audience", "urgency"])
@pytest.mark.parametrize("state", ["waiting", "approved", "sent"])
def test_what_was_handed_on_never_changes(street, ops, judge, column, state):
    if state == "sent":
        row = sent(ops)
    elif state == "approved":
        row = approved(ops, judge)
    else:
        row = ask_approval(drafted(ops), by=ops, now=NOW)
    with refused(r"bulletin\.cannot_move"):
        edit_bulletin(row, WORDS, ALL, by=ops, now=NOW)
    new = {"audience": {"regions": ["云南"]}, "urgency": "urgent"}.get(column, "别的")
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        Bulletin.objects.filter(pk=row.pk).update(**{column: new})


def test_an_approval_and_an_author_never_change(street, ops, judge, third):
    row = approved(ops, judge)
    for changed in ({"approved_by": third}, {"drafted_by": third}):
        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            Bulletin.objects.filter(pk=row.pk).update(**changed)
    with pytest.raises(DatabaseError), transaction.atomic():
        Bulletin.objects.filter(pk=row.pk).delete()


@pytest.mark.parametrize("move", [ask_approval, send_bulletin])
def test_unknown_numbers_are_named_before_anything_goes_on(street, ops, move):
    row = drafted(ops, {"shop_nos": ["A", "NO", "B", "NEITHER"]})
    with refused(r"bulletin\.unknown_shops") as raised:
        move(row, by=ops, now=NOW)
    assert raised.value.details["lines"] == [2, 4]
    assert "第2行：NO" in raised.value.message


def test_nothing_is_sent_to_nobody(street, ops):
    with refused(r"bulletin\.nobody"):
        send_bulletin(drafted(ops, {"regions": ["西藏"]}), by=ops, now=NOW)


def test_a_dropped_bulletin_is_over(street, ops, judge):
    row = drop_bulletin(approved(ops, judge), by=ops, reason=WHY, now=NOW)
    with refused(r"bulletin\.cannot_move"):
        send_bulletin(row, by=ops, now=NOW)


# --- Sent -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("most", "needs"), [(3, False), (2, True)])
def test_above_the_number_a_second_person_is_needed(street, ops, judge, most, needs):
    number("bulletin.second_person_above", most)
    row = drafted(ops)
    if not needs:
        assert send_bulletin(row, by=ops, now=NOW).shops == 3
        return
    with refused(r"bulletin\.needs_second"):
        send_bulletin(row, by=ops, now=NOW)
    assert not BulletinRecipient.objects.exists()
    assert send_bulletin(approved(ops, judge), by=ops, now=NOW).state == "sending"


def test_sending_freezes_the_audience(street, ops):
    row = send_bulletin(drafted(ops), by=ops, now=NOW)
    open_shop("LATE")
    holds(street[0], "shop_close")
    tell_waiting(NOW)
    told = BulletinRecipient.objects.filter(bulletin=row, told_at=NOW)
    assert sorted(told.values_list("shop__shop_no", flat=True)) == ["A", "B", "C"]
    assert told_people() == ["A-0", "B-0", "C-0"]


def test_freezing_takes_the_same_number_of_statements_for_any_number_of_shops(street, ops):
    def asked(row) -> int:
        with CaptureQueriesContext(connection) as queries:
            send_bulletin(row, by=ops, now=NOW)
        return len(queries)

    drafts = [drafted(ops, {"shop_nos": ["A"]}), drafted(ops)]
    asked(drafted(ops))
    assert asked(drafts[0]) == asked(drafts[1])


def test_a_batch_takes_the_same_number_of_statements_for_any_number_of_shops(street, ops):
    def asked(audience) -> int:
        row = send_bulletin(drafted(ops, audience), by=ops, now=NOW)
        with CaptureQueriesContext(connection) as queries:
            tell_batch(row.pk, now=NOW)
        return len(queries)

    asked(ALL)
    assert asked({"shop_nos": ["A"]}) == asked(ALL)


def test_shops_are_told_batch_by_batch_each_once(street, ops):
    number("bulletin.batch", 2)
    row = send_bulletin(drafted(ops), by=ops, now=NOW)
    assert [tell_waiting(NOW), tell_waiting(NOW), tell_waiting(NOW)] == [2, 1, 0]
    row.refresh_from_db()
    assert (row.state, row.told, row.people, row.closed_at) == ("sent", 3, 3, NOW)
    assert told_people() == ["A-0", "B-0", "C-0"]
    assert sorted(lines_of(row)) == ["bulletin.begun", "bulletin.drafted", "bulletin.sent"]
    assert Notification.objects.filter(kind="house.bulletin", person=ops).count() == 1


def test_who_works_for_two_shops_is_told_once_over_two_batches(street, ops):
    number("bulletin.batch", 1)
    Shop.objects.create(shop_no="A2", name="二店", merchant=street[0].merchant)
    row = sent(ops, {"shop_nos": ["A", "A2"]})
    assert (row.told, row.people, told_people()) == (2, 1, ["A-0"])
    assert set(row.recipients.values_list("people", flat=True)) == {1}


def test_a_clock_that_dies_in_a_batch_has_told_nobody_and_the_next_goes_on(street, ops):
    number("bulletin.batch", 2)
    row = send_bulletin(drafted(ops), by=ops, now=NOW)
    tell_waiting(NOW)
    with mock.patch.object(bulletin_sending, "_close", side_effect=RuntimeError):
        assert tell_waiting(NOW) == 0
    row.refresh_from_db()
    assert (row.told, len(told_people())) == (2, 2)
    assert tell_waiting(NOW) == 1
    assert told_people() == ["A-0", "B-0", "C-0"]


def test_trouble_with_one_holds_up_no_other(street, ops):
    first, second = (send_bulletin(drafted(ops), by=ops, now=NOW) for _one in range(2))
    honest = bulletin_sending.tell_batch

    def troubled(key, **how):
        if key == first.pk:
            raise RuntimeError
        return honest(key, **how)

    with mock.patch.object(bulletin_sending, "tell_batch", troubled):
        assert tell_waiting(NOW) == 3
    second.refresh_from_db()
    assert second.state == "sent"


def test_the_clock_rests_when_nobody_waits(street, ops):
    send_bulletin(drafted(ops), by=ops)
    assert (tell().total_seconds(), tell()) == (0, LOOK_EVERY)


def test_a_stopped_bulletin_tells_no_further_shops_until_it_goes_on(street, ops):
    number("bulletin.batch", 1)
    row = send_bulletin(drafted(ops), by=ops, now=NOW)
    tell_waiting(NOW)
    stop_bulletin(row, by=ops, reason="有错", now=NOW)
    assert tell_waiting(NOW) == 0
    assert progress_of(row) | {"people": 0} == {
        "shops": 3, "told": 1, "read": 0, "waiting": 2, "people": 0, "percent": 33,
    }  # fmt: skip
    with refused(r"bulletin\.stopped"):
        send_bulletin(row, by=ops, now=NOW)
    resume_bulletin(row, by=ops, reason="没事", now=NOW)
    while tell_waiting(NOW):
        pass
    assert len(told_people()) == 3
    with refused(r"bulletin\.cannot_move"):
        stop_bulletin(row, by=ops, now=NOW)


def test_everybody_is_told_in_their_language_with_a_link_to_the_page(ops):
    open_shop("Z")
    open_shop("E", language="en")
    row = sent(ops)
    titles = {
        one.person.username: (one.title, one.url)
        for one in Notification.objects.filter(kind="shop.bulletin").select_related("person")
    }
    page = f"/shop/bulletins/{row.public_key}/"
    assert titles == {"Z-0": (WORDS.title_zh, page), "E-0": (WORDS.title_en, page)}


def test_what_is_urgent_is_told_first_and_as_urgent(street, ops):
    number("bulletin.batch", 1)
    usual = send_bulletin(drafted(ops), by=ops, now=NOW)
    urgent = send_bulletin(
        drafted(ops, words=replace(WORDS, urgency="urgent")), by=ops, now=NOW + DAY
    )
    order = []
    with mock.patch.object(bulletin_sending, "tell_batch", lambda key, now: order.append(key) or 0):
        tell_waiting(NOW)
    assert order == [urgent.pk, usual.pk]
    tell_batch(urgent.pk, now=NOW + DAY)
    assert Notification.objects.get().kind == "shop.bulletin_urgent"


def test_a_percent_sign_in_the_words_is_only_a_percent_sign(street, ops):
    sent(ops, words=replace(WORDS, title_zh="降50%(新)s", body_zh="100%"))
    assert Notification.objects.filter(kind="shop.bulletin").first().title == "降50%(新)s"


@pytest.mark.django_db(transaction=True)
def test_two_clocks_never_tell_one_shop_twice(ops):
    open_shop("A")
    row = send_bulletin(drafted(ops), by=ops, now=NOW)
    with transaction.atomic():
        assert tell_batch(row.pk, now=NOW) == 1
        assert Beside(lambda: tell_batch(row.pk, now=NOW)).done() == 0
    assert told_people() == ["A-0"]
    assert NotificationDelivery.objects.filter(kind="shop.bulletin").count() <= 1


# --- Read -------------------------------------------------------------------------------------------


def test_a_shop_reads_what_it_was_told_and_nothing_else(street, ops, stranger):
    sent(ops, {"shop_nos": ["A"]})
    drafted(ops)
    send_bulletin(drafted(ops), by=ops, now=NOW)  # frozen, not told yet
    reader = StaffAccount.objects.get(merchant=street[0].merchant).user
    (card,), more = bulletin_page(reader)
    assert (card["title"], card["read_at"], card["shops"], more) == (WORDS.title_zh, None, 1, "")
    other = StaffAccount.objects.get(merchant=street[1].merchant).user
    assert bulletin_page(other) == ([], "")
    assert bulletin_page(stranger) == ([], "")


def test_pages_are_by_key_newest_first_in_two_queries(street, ops, django_assert_num_queries):
    rows = [sent(ops, now=NOW + place * DAY) for place in range(3)]
    reader = StaffAccount.objects.get(merchant=street[0].merchant).user
    with django_assert_num_queries(2):
        first, more = bulletin_page(reader, limit=2)
    second, end = bulletin_page(reader, limit=2, cursor=more)
    found = [one["id"] for one in first + second]
    assert (found, end) == ([one.public_key for one in reversed(rows)], "")
    with refused(r"cursor\.bad"):
        bulletin_page(reader, cursor="x")


def test_the_first_who_read_it_counts_and_the_bell_is_quiet(street, ops):
    row = sent(ops)
    reader = StaffAccount.objects.get(merchant=street[0].merchant).user
    second = person("second", "店员", "merchant_staff")
    employ(second, street[0].merchant)
    assert mark_bulletin_read(row, by=reader, now=NOW + DAY) == 1
    assert mark_bulletin_read(row, by=second, now=NOW + 2 * DAY) == 0
    told = row.recipients.get(shop=street[0])
    assert (told.read_at, told.read_by) == (NOW + DAY, reader)
    assert lines_of(row)[-1] == "bulletin.read"
    assert not Notification.objects.filter(person=reader, read_at=None).exists()
    assert progress_of(row)["read"] == 1


def test_nobody_else_marks_it_read(street, ops, stranger, mei):
    row = sent(ops, {"shop_nos": ["A"]})
    for one in (stranger, mei, ops):
        with refused("not_found"):
            mark_bulletin_read(row, by=one, now=NOW)


def test_a_shop_is_in_a_bulletin_once(street, ops):
    row = sent(ops)
    with pytest.raises(Exception, match="bulletinrecipient_once"), transaction.atomic():
        BulletinRecipient.objects.create(bulletin=row, shop=street[0])


def test_every_field_of_the_vocabulary_is_documented():
    from pathlib import Path

    page = Path(__file__).parents[2].joinpath("docs", "bulletins.md").read_text("utf-8")
    assert [name for name in FIELDS if f"| `{name}` |" not in page] == []
