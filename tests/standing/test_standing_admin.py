"""Standing in the back office: rules drafted by a form, entries taken back, titles given, charts drawn."""

from datetime import date, timedelta

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from accounts.actions import note_population, post_entry
from accounts.actions.score_cases import BY_HAND, points_of, post_case
from accounts.models import (
    Cause,
    Guide,
    Member,
    MemberPeriod,
    MemberStanding,
    PopulationDay,
    ScoreEntry,
    StandingRules,
    Tier,
    TierTitle,
)
from accounts.standing.population import charts
from accounts.standing.previews import Tally
from accounts.standing.rules import Numbers
from accounts.standing.words import GROUPS, NUMBERS
from common.errors import DomainError, Forbidden
from common.history import history_of
from common.parameters import declaration
from tests.standing.casts import NOW, buy, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(browser_of, ops):
    return browser_of(ops)


@pytest.fixture
def auditor_browser(browser_of, auditor):
    return browser_of(auditor)


def act(browser, row, name, **answers):
    label = row._meta.label_lower.replace(".", "_")
    answers = {"step": "do", "reason": "核对过了"} | answers
    return browser.post(reverse(f"admin:{label}_act", args=[row.pk, name]), answers)


def page_of(browser, row):
    label = row._meta.label_lower.replace(".", "_")
    return browser.get(reverse(f"admin:{label}_change", args=[row.pk]))


def numbers(**changed) -> dict:
    return {name: getattr(Numbers(), name) for name in NUMBERS} | {"reason": "双十一后"} | changed


# --- rules -----------------------------------------------------------------------------------------


def test_every_number_of_the_rules_has_words_and_a_place():
    assert set(NUMBERS) == set(Numbers.__dataclass_fields__)
    assert sorted(name for _label, names in GROUPS for name in names) == sorted(NUMBERS)


def test_a_draft_is_made_by_the_form_and_waits_for_its_preview(office):
    answer = office.post(reverse("admin:accounts_standingrules_add"), numbers(super_value="900"))
    row = StandingRules.objects.get()
    assert answer.url == reverse("admin:accounts_standingrules_change", args=[row.pk])
    assert (row.version, row.numbers["super_value"], row.published_at) == (1, 900, None)
    page = page_of(office, row)
    assert page.context["is_computed"]
    assert "data-again" in page.content.decode()


def test_the_form_begins_with_the_numbers_in_force(office):
    form = office.get(reverse("admin:accounts_standingrules_add")).context["adminform"].form
    assert {name: form[name].value() for name in NUMBERS} == {
        name: getattr(Numbers(), name) for name in NUMBERS
    }


def test_bad_numbers_are_said_beside_their_fields(office):
    given = numbers(good_from="500", recompute_day="29")
    answer = office.post(reverse("admin:accounts_standingrules_add"), given)
    assert set(answer.context["adminform"].form.errors) == {"good_from", "recompute_day"}
    assert not StandingRules.objects.exists()


def test_what_only_the_action_sees_is_said_on_the_form_which_keeps_what_was_typed(office):
    answer = office.post(reverse("admin:accounts_standingrules_add"), numbers())
    form = answer.context["adminform"].form
    assert [error.message for error in form.non_field_errors().as_data()] == [
        "现在生效的就是这些数。"
    ]
    assert form["reason"].value() == "双十一后"
    assert "双十一后" in answer.content.decode()
    assert not StandingRules.objects.exists()


def test_a_preview_is_shown_as_tables_with_masked_names(office, mei, ada, ops):
    tally = Tally()
    tally.add(
        [
            ("normal", "good", "super", "good", True, False, 1, [mei.member.pk]),
            ("apass", "good", "normal", "fair", False, False, 1, [ada.member.pk]),
        ]
    )
    row = StandingRules.objects.create(
        version=1, numbers={"super_value": 900}, reason="试", made_by=ops, made_at=NOW,
        preview=tally.result() | {
            "at": NOW.isoformat(), "numbers": {"super_value": 900}, "compared_with": 0,
            "counts_anew": True, "reaches_back": True,
        },
    )  # fmt: skip
    page = page_of(office, row)
    preview, words = page.context["preview"], page.content.decode()
    by_label = {label: [cell.count for cell in cells] for label, cells in preview.in_the_end.rows}
    assert by_label[str(Tier.NORMAL.label)] == [0, 0, 1, 0, 0]
    assert by_label[str(Tier.APASS.label)] == [0, 1, 0, 0, 0]
    stepped = {label: [cell.count for cell in cells] for label, cells in preview.next_step.rows}
    assert stepped[str(Tier.APASS.label)] == [0, 0, 1, 0, 0]
    assert "周**" in words or "周小*" in words or mei.member.shown_name in words
    assert mei.display_name not in words


def test_a_draft_without_a_preview_is_not_published_from_the_page(office):
    office.post(reverse("admin:accounts_standingrules_add"), numbers(super_value="900"))
    row = StandingRules.objects.get()
    act(office, row, "publish", effective_on=str(timezone.localdate()))
    row.refresh_from_db()
    assert row.published_at is None
    act(office, row, "drop")
    row.refresh_from_db()
    assert row.dropped_at is not None


def test_no_door_of_the_back_office_types_a_score_or_a_tier():
    for model in (Member, MemberStanding, MemberPeriod, ScoreEntry, TierTitle):
        page = admin.site._registry.get(model)
        if page is None:
            continue
        assert page.editable_fields == ()
        for one in page.acts:
            assert not {"tier", "points", "value", "credit", "activity", "score"} & set(
                one.form.base_fields
            )


# --- entries ----------------------------------------------------------------------------------------


# Harassment has its points among its own parameters; the other two follow from rows.
OF_ROWS = (Cause.DECAY, Cause.REVERSAL, Cause.HARASSMENT)


@pytest.mark.parametrize("cause", [cause for cause in Cause if cause not in OF_ROWS])
def test_each_cause_has_its_points_within_bounds(cause):
    one = declaration(f"score.points.{cause}")
    assert one.minimum <= points_of(cause, NOW) <= one.maximum
    assert (points_of(cause, NOW) > 0) == (cause == Cause.GOOD_DEED)


def test_a_case_is_posted_with_the_points_of_its_cause_and_once(office, mei):
    for _time in range(2):
        act(office, mei.member, "post_case", cause="false_return", case="R-77")
    entry = ScoreEntry.objects.get()
    assert (entry.score, entry.points, entry.cause_key) == ("credit", -150, "R-77")
    assert history_of(mei.member).filter(action="score.posted").count() == 1


@pytest.mark.parametrize("cause", sorted(set(Cause) - set(BY_HAND)))
def test_what_comes_with_a_ruling_is_not_posted_by_hand(cause, ops, mei):
    with pytest.raises(DomainError) as refused:
        post_case(mei.member, cause, "R-1", by=ops, reason="自己来", now=NOW)
    assert refused.value.code == "score.not_by_hand"


def test_a_case_needs_a_name_and_a_right(ops, mei, bo):
    with pytest.raises(DomainError) as refused:
        post_case(mei.member, "good_deed", " ", by=ops, reason="捡到钱包", now=NOW)
    assert refused.value.code == "score.no_case"
    with pytest.raises(Forbidden):
        post_case(mei.member, "good_deed", "D-1", by=bo, reason="捡到钱包", now=NOW)


def test_an_entry_is_taken_back_by_another_row(office, ops, mei):
    entry = post_entry(
        mei.member, "credit", -150, "false_return", "R1", by=ops, reason="空包裹", now=NOW
    )
    listed = office.get(
        reverse("admin:accounts_scoreentry_changelist"), {"cause__exact": "false_return"}
    )
    assert [row.pk for row in listed.context["cl"].result_list] == [entry.pk]
    act(office, entry, "take_back")
    assert MemberStanding.objects.get(member=mei.member).credit == 600
    back = ScoreEntry.objects.get(cause=Cause.REVERSAL)
    assert "take_back" not in page_of(office, back).content.decode()


# --- titles, guides, runs -----------------------------------------------------------------------------


def test_a_bought_title_lifts_the_member_and_ends(office, mei):
    until = timezone.localdate() + timedelta(days=365)
    act(office, mei.member, "grant_vip88", until=str(until), source_key="S-88")
    mei.member.refresh_from_db()
    title = TierTitle.objects.get()
    assert (mei.member.tier, timezone.localdate(title.until)) == (
        Tier.VIP88,
        until + timedelta(days=1),
    )
    url = reverse("admin:accounts_tiertitle_changelist")
    assert office.get(url, {"state": "now"}).context["cl"].result_list == [title]
    act(office, title, "end")
    assert office.get(url, {"state": "over"}).context["cl"].result_list == [title]
    assert not office.get(url, {"state": "now"}).context["cl"].result_list


@pytest.mark.parametrize("until", ["9999-12-31", "0001-01-01", "2099-12-31"])
def test_a_title_until_a_day_of_no_calendar_is_refused_with_words(until, office, mei):
    answer = act(office, mei.member, "grant_vip88", until=until, source_key="S-88")
    assert answer.status_code < 500
    assert not TierTitle.objects.exists()


def test_a_title_that_would_be_over_is_refused(office, mei):
    act(office, mei.member, "grant_vip88", until="2020-01-01", source_key="S-88")
    assert not TierTitle.objects.exists()


def test_guides_are_found_by_how_they_are(office, mei, ada, chen):
    now = timezone.now()
    later = now + timedelta(days=5)
    on = Guide.objects.create(member=mei.member, began_at=now, ends_at=later)
    over = Guide.objects.create(member=ada.member, began_at=now, ends_at=later, ended_at=now)
    twice = Guide.objects.create(
        member=chen.member, began_at=now, ends_at=later, doubled_with=ada.member
    )
    url = reverse("admin:accounts_guide_changelist")
    found = {
        state: office.get(url, {"state": state}).context["cl"].result_list
        for state in ("on", "ended", "doubled")
    }
    assert found == {"on": [on], "ended": [over], "doubled": [twice]}


def test_rows_of_a_hidden_member_are_shown_to_who_handles_it_alone(
    office, auditor_browser, ops, mei
):
    entry = post_entry(
        mei.member, "credit", 10, "good_deed", "D1", by=ops, reason="捡到钱包", now=NOW
    )
    Member.objects.filter(pk=mei.member.pk).update(hidden_at=NOW)
    url = reverse("admin:accounts_scoreentry_changelist")
    assert office.get(url).context["cl"].result_list == [entry]
    assert auditor_browser.get(url).context["cl"].result_list == []


# --- the member's page ----------------------------------------------------------------------------------


def test_the_members_page_says_where_they_stand_and_why(office, mei, shop, ops):
    buy(mei.member, shop, "A1", NOW - timedelta(days=40), "100.00")
    run()
    post_entry(mei.member, "credit", -150, "false_return", "R1", by=ops, reason="空包裹", now=NOW)
    page = page_of(office, mei.member)
    standing = page.context["standing"]
    assert [score for _label, score, _band in standing["scores"]] == [11, 452, 28]
    assert [row.band for row, _why in standing["periods"]] == ["poor", "fair"]
    assert len(standing["months"]) == 1
    assert "R1" in page.content.decode()


def test_a_member_nobody_looked_at_yet_has_a_page(office, chen):
    standing = page_of(office, chen.member).context["standing"]
    assert [score for _label, score, _band in standing["scores"]] == [0, 600, 0]


# --- charts ---------------------------------------------------------------------------------------------


def test_before_the_first_day_the_charts_say_so(office):
    page = office.get(reverse("admin:accounts_populationday_changelist"))
    assert page.context["charts"] is None
    assert "x-none-line" in page.content.decode()


def test_the_charts_draw_what_was_noted(office, mei, ada, shop):
    buy(mei.member, shop, "A1", NOW - timedelta(days=40), "100.00")
    run()
    note_population(NOW)
    PopulationDay.objects.create(
        on=date(2026, 11, 29), tiers={"normal": 3, "apass": 1}, bands={"good": 4},
        histograms={}, members=4,
    )  # fmt: skip
    drawn = charts()
    assert drawn is not None
    assert [stack.day for stack in drawn.days] == [date(2026, 11, 29), date(2026, 11, 30)]
    assert [part.share for part in drawn.days[0].parts] == [0, 75, 0, 0, 25]
    assert [part.top for part in drawn.days[0].parts] == [100, 25, 25, 25, 0]
    assert drawn.last.members == 2
    assert sum(step.count for step in drawn.histograms[0].steps) == 2
    page = office.get(reverse("admin:accounts_populationday_changelist")).content.decode()
    assert "2026-11-30" in page
    assert page.count('<details class="x-figures">') == 4


def test_the_first_page_has_one_card_of_the_population(office, mei, ada):
    run()
    note_population(NOW)
    cards = office.get(reverse("admin:index")).context["cards"]
    url = reverse("admin:accounts_populationday_changelist")
    assert [(card.figure, "APASS" in card.note) for card in cards if card.url == url] == [
        ("2", True)
    ]
