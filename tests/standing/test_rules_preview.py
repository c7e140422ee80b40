"""Rules are drafted, previewed on everybody, published; what settles then is what the preview said."""

import threading
from datetime import UTC, date, datetime, timedelta
from unittest import mock

import pytest
from django.db import connections, transaction

from accounts.actions import grant_title, post_entry
from accounts.actions import previews as computing
from accounts.actions.previews import preview_rules, preview_waiting
from accounts.actions.standing_rules import (
    ask_for_preview,
    draft_rules,
    drop_draft,
    publish_rules,
)
from accounts.models import Guide, Member, MemberPeriod, StandingRules, Tier
from accounts.standing import numbers
from accounts.standing.previews import Tally
from common.errors import DomainError, Forbidden
from common.history import history_of
from tests.standing.casts import NOW, buy, run

OCTOBER = datetime(2026, 10, 15, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 30)
NEXT_RECOMPUTE = datetime(2026, 12, 8, 4, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh_rules(monkeypatch):
    """No test inherits the rules another one published."""
    numbers.forget()
    yield
    numbers.forget()


def draft(ops, **changed) -> StandingRules:
    return draft_rules(changed, by=ops, reason="双十一后调整", now=NOW)


def previewed(ops, **changed) -> StandingRules:
    row = draft(ops, **changed)
    preview_rules(row, now=NOW)
    row.refresh_from_db()
    return row


def publish(row, ops, day=TODAY) -> StandingRules:
    published = publish_rules(row, effective_on=day, by=ops, reason="评审通过", now=NOW)
    numbers.forget()
    return published


def code_of(call) -> str:
    with pytest.raises(DomainError) as refused:
        call()
    return refused.value.code


def population(shop, count: int = 9) -> list[Member]:
    """Members with 0 to 8 months of 127 points each; the first three are led by the guide."""
    members = [
        Member.objects.create(member_no=f"M2{n:07}", display_name=f"王{n}", registered_at=OCTOBER)
        for n in range(count)
    ]
    for n, member in enumerate(members):
        for month in range(n):
            buy(member, shop, f"P{n}-{month}", OCTOBER - timedelta(days=30 * month), "3000.00")
        if n < 3:
            Guide.objects.create(member=member, began_at=OCTOBER, ends_at=NOW + timedelta(days=200))
    return members


def tiers() -> dict[int, str]:
    return dict(Member.objects.values_list("pk", "tier"))


def bands_now() -> dict[int, str]:
    return dict(MemberPeriod.objects.filter(until=None).values_list("member_id", "band"))


def moves(preview, place: int) -> dict[tuple[str, str], int]:
    """Return how many go from where to where: in the end (2), or by the next step (1)."""
    found: dict[tuple[str, str], int] = {}
    for row in preview["moves"]:
        key = row[0], row[place]
        found[key] = found.get(key, 0) + row[3]
    return found


def counted(before, after) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for pk, tier in before.items():
        key = tier, after[pk]
        found[key] = found.get(key, 0) + 1
    return found


@pytest.mark.parametrize(
    ("changed", "at"),
    [
        ({"super_value": 500}, NOW),  # thresholds alone: from the stored sums
        ({"super_value": 600, "super_credit": 610}, NOW),
        ({"fair_from": 300, "good_from": 610, "excellent_from": 612}, NOW),
        ({"yuan_per_point": 50, "super_value": 300}, NOW),  # what orders are worth: from the months
        ({"points_per_order": 50, "order_points_a_month": 100, "super_value": 700}, NOW),
        ({"guide_orders": 2, "super_value": 800}, NOW),
        ({"window_months": 4, "super_value": 200}, NEXT_RECOMPUTE),  # fewer months count
        ({"super_value": 500}, NEXT_RECOMPUTE),  # the day has come, and nothing is settled yet
    ],
)
def test_what_settles_is_what_the_preview_said(changed, at, ops, shop):
    members = population(shop)
    Member.objects.filter(pk=members[2].pk).update(tier=Tier.APASS)
    run()
    post_entry(members[7], "credit", -150, "false_return", "R1", by=ops, reason="空包裹", now=NOW)
    grant_title(
        members[1], Tier.VIP88, since=NOW, until=NOW + timedelta(days=365), source_key="S1",
        by=ops, reason="已付款", now=NOW,
    )  # fmt: skip
    before, bands = tiers(), bands_now()
    row = draft(ops, **changed)
    preview = preview_rules(row, now=at)
    publish(row, ops, day=NEXT_RECOMPUTE.date())
    run(NEXT_RECOMPUTE)
    assert moves(preview, 1) == counted(before, tiers())
    assert {(was, band): n for was, band, n in preview["bands"]} == counted(bands, bands_now())
    if "window_months" in changed:
        return  # months end while one waits for the end
    for month in (1, 2):
        run(NEXT_RECOMPUTE + timedelta(days=31 * month))
    assert moves(preview, 2) == counted(before, tiers())


def test_a_preview_of_thresholds_does_not_count_the_months_again(ops, shop):
    population(shop, 3)
    run()
    assert previewed(ops, super_value=500).preview["counts_anew"] is False
    assert previewed(ops, yuan_per_point=30).preview["counts_anew"] is True
    assert previewed(ops, credit_months=37).preview["reaches_back"] is True


def test_stretches_add_up(ops, shop, monkeypatch):
    population(shop)
    run()
    whole = previewed(ops, super_value=300).preview
    monkeypatch.setattr(computing, "CHUNK", 4)
    parts = previewed(ops, super_value=301).preview
    assert parts["members"] == whole["members"] == 9
    assert parts["moves"] == whole["moves"]
    assert parts["samples"] == whole["samples"]


def test_a_preview_waits_for_nobody_and_holds_nobody_up(ops, shop):
    members = population(shop, 4)
    run()
    row = draft(ops, super_value=100)
    with transaction.atomic():
        Member.objects.select_for_update().get(pk=members[0].pk)
        Member.objects.filter(pk=members[0].pk).update(tier=Tier.APASS)
        done: list[dict] = []

        def compute():
            try:
                done.append(preview_rules(row, now=NOW))
            finally:
                connections.close_all()

        thread = threading.Thread(target=compute)
        thread.start()
        thread.join(20)
    assert done[0]["members"] == 4
    assert not any(tier == Tier.APASS for tier, _step, _end, _n in done[0]["moves"])


def test_the_clock_computes_what_was_asked_and_leaves_the_rest(ops, shop):
    population(shop, 2)
    run()
    row, dropped = draft(ops, super_value=500), draft(ops, super_value=501)
    drop_draft(dropped, by=ops, reason="不要了", now=NOW)
    assert preview_waiting(NOW) == 1
    assert preview_waiting(NOW) == 0
    row.refresh_from_db()
    assert row.preview["members"] == 2
    ask_for_preview(row, by=ops, reason="再看", now=NOW)
    assert preview_waiting(NOW) == 1


def test_a_preview_that_fails_is_said_and_not_tried_for_ever(ops, shop):
    population(shop, 1)
    row = draft(ops, super_value=500)
    with mock.patch.object(computing, "GROUPS", "SELECT nonsense"):
        assert preview_waiting(NOW) == 1
        assert preview_waiting(NOW) == 0
    row.refresh_from_db()
    assert row.preview["trouble"] is True
    assert code_of(lambda: publish(row, ops)) == "rules.no_preview"


# --- drafts ---------------------------------------------------------------------------------------


def test_versions_count_up_and_a_dropped_number_is_not_used_again(ops):
    first = draft(ops, super_value=900)
    drop_draft(first, by=ops, reason="算错了", now=NOW)
    drop_draft(first, by=ops, reason="算错了", now=NOW)
    assert [first.version, draft(ops, super_value=901).version] == [1, 2]
    assert {line.action for line in history_of(first)} == {"rules.dropped", "rules.drafted"}
    assert history_of(first).count() == 2
    assert code_of(lambda: publish(first, ops)) == "rules.not_a_draft"
    assert code_of(lambda: ask_for_preview(first, by=ops, reason="再看", now=NOW)) == (
        "rules.not_a_draft"
    )


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        ({"super_value": -1}, {"super_value"}),
        ({"recompute_day": 29}, {"recompute_day"}),
        ({"recompute_day": 0, "yuan_per_point": 0}, {"recompute_day", "yuan_per_point"}),
        ({"good_from": 500}, {"good_from"}),  # not above fair
        ({"fair_from": 651, "credit_ceiling": 800}, {"good_from", "credit_ceiling"}),
        ({"super_value": 2500}, {"apass_value"}),
        ({"colour": 3}, {"colour"}),
        ({"super_value": "1000"}, {"super_value"}),
        ({"super_value": True}, {"super_value"}),
    ],
)
def test_bad_numbers_are_named_field_by_field_and_nothing_is_kept(wrong, fields, ops):
    with pytest.raises(DomainError) as refused:
        draft(ops, **wrong)
    assert refused.value.code == "rules.bad_numbers"
    assert set(refused.value.details["problems"]) == fields
    assert not StandingRules.objects.exists()


def test_the_numbers_in_force_are_no_draft(ops):
    assert code_of(lambda: draft(ops)) == "rules.same"


# --- publishing -----------------------------------------------------------------------------------


def test_rules_without_a_preview_of_these_very_numbers_are_refused(ops, shop):
    population(shop)
    run()
    row = draft(ops, super_value=500)
    assert code_of(lambda: publish(row, ops)) == "rules.no_preview"
    preview_rules(row, now=NOW)
    StandingRules.objects.update(numbers=row.numbers | {"super_value": 501})
    assert code_of(lambda: publish(row, ops)) == "rules.no_preview"


@pytest.mark.parametrize(
    ("day", "code"),
    [(date(2026, 11, 29), "rules.in_the_past"), (date(2026, 12, 2), "rules.day_taken")],
)
def test_a_day_that_is_over_or_given_away_is_refused(day, code, ops, shop):
    population(shop)
    run()
    publish(previewed(ops, super_value=500), ops, day=date(2026, 12, 2))
    row = previewed(ops, super_value=501)
    assert code_of(lambda: publish(row, ops, day)) == code
    row.refresh_from_db()
    assert (row.published_at, row.effective_on) == (None, None)


def test_a_preview_from_before_other_rules_is_old(ops, shop):
    population(shop)
    run()
    row = previewed(ops, super_value=501)
    publish(previewed(ops, super_value=500), ops, day=TODAY)
    assert code_of(lambda: publish(row, ops, TODAY + timedelta(days=1))) == "rules.preview_old"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"super_value": 2400}, "rules.nobody"),
        ({"super_value": 0, "super_credit": 0}, "rules.everybody"),
        (
            {"super_value": 500, "super_credit": 605, "apass_value": 501, "apass_credit": 0, "apass_spent": 0,
             "points_per_order": 1000, "order_points_a_month": 1000},
            "rules.everybody",
        ),
    ],
)  # fmt: skip
def test_a_rule_that_matches_nobody_or_everybody_is_refused(changed, code, ops, shop):
    for member in population(shop):
        buy(member, shop, f"N{member.pk}", OCTOBER, "100.00")
    run()
    assert Tier.SUPER in tiers().values() or code == "rules.everybody"
    row = previewed(ops, **changed)
    assert code_of(lambda: publish(row, ops)) == code


def test_where_nobody_moves_a_rule_for_nobody_is_let_through(ops, shop):
    population(shop, 2)
    run()
    assert publish(previewed(ops, super_value=1100), ops).effective_on == TODAY


def test_publishing_again_changes_nothing_and_each_past_day_keeps_its_rules(ops, shop):
    population(shop)
    run()
    row = publish(previewed(ops, super_value=500), ops, day=date(2026, 12, 5))
    publish(row, ops, day=date(2026, 12, 5))
    assert history_of(row).filter(action="rules.published").count() == 1
    assert numbers.rules_on(date(2026, 12, 4)).version == 0
    assert numbers.rules_on(date(2026, 12, 5)).numbers.super_value == 500


def test_two_who_publish_for_one_day_get_one_set(ops, shop):
    population(shop)
    run()
    rows = [previewed(ops, super_value=500), previewed(ops, super_value=501)]
    outcomes: list[str] = []

    def go(row):
        try:
            publish_rules(row, effective_on=TODAY, by=ops, reason="评审通过", now=NOW)
            outcomes.append("done")
        except DomainError as refusal:
            outcomes.append(refusal.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=go, args=(row,)) for row in rows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(outcomes) == ["done", "rules.day_taken"]


@pytest.mark.parametrize("who", ["chen", "bo", "lin", "wen", "qiao"])
def test_who_runs_nothing_drafts_and_publishes_nothing(who, ops, request):
    by = request.getfixturevalue(who)
    row = draft(ops, super_value=500)
    for act in (
        lambda: draft_rules({"super_value": 1}, by=by, reason="自己来", now=NOW),
        lambda: ask_for_preview(row, by=by, reason="自己来", now=NOW),
        lambda: publish_rules(row, effective_on=TODAY, by=by, reason="自己来", now=NOW),
        lambda: drop_draft(row, by=by, reason="自己来", now=NOW),
    ):
        with pytest.raises(Forbidden):
            act()
    assert StandingRules.objects.count() == 1


def test_a_tally_of_nothing_moves_nobody():
    assert Tally().result()["members"] == 0
