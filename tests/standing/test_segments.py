"""Segments: what conditions may say, who is in them, and the list of members they filter."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.actions.segments import change_segment, delete_segment, make_segment
from accounts.models import Guide, Member, MemberPeriod, MemberStanding, Segment
from accounts.standing.segment_queries import members_in
from accounts.standing.segments import BadConditions, Conditions
from common.errors import DomainError, Forbidden
from common.history import history_of
from tests.standing.casts import NOW


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({}, {"conditions": "all"}),
        ({"tiers": [], "value_from": None, "registered_from": ""}, {"conditions": "all"}),
        ({"gender": "f"}, {"gender": "unknown"}),
        ({"tiers": ["gold"]}, {"tiers": "unknown"}),
        ({"tiers": "super"}, {"tiers": "unknown"}),
        ({"bands": ["good", "bad"]}, {"bands": "unknown"}),
        ({"guided": "yes"}, {"guided": "not_yes_or_no"}),
        ({"value_from": -1}, {"value_from": "too_small"}),
        ({"value_from": 1_000_000_001}, {"value_from": "too_large"}),
        ({"value_from": "7"}, {"value_from": "not_a_number"}),
        ({"orders_to": True}, {"orders_to": "not_a_number"}),
        ({"spent_from": "much"}, {"spent_from": "not_a_number"}),
        ({"spent_from": "NaN"}, {"spent_from": "not_a_number"}),
        ({"value_from": 10, "value_to": 9}, {"value_to": "order"}),
        ({"registered_from": "2026-02-30"}, {"registered_from": "not_a_day"}),
        ({"registered_from": "1989-12-31"}, {"registered_from": "day_out_of_range"}),
        ({"registered_to": "2100-01-01"}, {"registered_to": "day_out_of_range"}),
        # The day after it does not exist.
        ({"registered_to": "9999-12-31"}, {"registered_to": "day_out_of_range"}),
        (
            {"registered_from": "2026-02-02", "registered_to": "2026-02-01"},
            {"registered_to": "order"},
        ),
        # Every problem at once.
        (
            {"shoe_size": 40, "value_from": -1, "credit_from": 2, "credit_to": 1},
            {"shoe_size": "unknown", "value_from": "too_small", "credit_to": "order"},
        ),
    ],
)
def test_conditions_that_cannot_be_are_named_field_by_field(given, problems):
    with pytest.raises(BadConditions) as bad:
        Conditions.of(given)
    assert bad.value.problems == problems


@pytest.mark.parametrize(
    "given",
    [
        {"value_from": 0},
        {"value_from": 9, "value_to": 9},  # one value is a range
        {"tiers": ["super", "new"], "bands": ["good"], "guided": False},
        {"spent_from": "10.50", "registered_from": "2026-02-28", "registered_to": "2026-02-28"},
    ],
)
def test_conditions_are_kept_as_they_were_asked(given):
    kept = Conditions.of(given).stored()
    assert Conditions.of(kept) == Conditions.of(given)
    assert set(kept) == set(given)


@pytest.fixture
def world(mei, ada, chen):
    """Mei stands at 1000/700/50, Ada was led and no longer is, Chen has no rows at all."""
    rows = {"value_sum": 1000, "credit_sum": 100, "activity_sum": 50, "rules_version": 0}
    MemberStanding.objects.create(
        member=mei.member, value=1000, credit=700, activity=50,
        spent=Decimal("5000.00"), orders=3, **rows,
    )  # fmt: skip
    for person, band in ((mei, "good"), (ada, "fair"), (chen, "fair")):
        MemberPeriod.objects.create(
            member=person.member, since=NOW, tier=person.member.tier, band=band,
            rules_version=0, why="first",
        )  # fmt: skip
    Guide.objects.create(member=mei.member, began_at=NOW, ends_at=NOW + timedelta(days=1))
    Guide.objects.create(
        member=ada.member, began_at=NOW, ends_at=NOW + timedelta(days=1), ended_at=NOW
    )
    Guide.objects.create(
        member=chen.member, began_at=NOW, ends_at=NOW + timedelta(days=1), doubled_with=ada.member
    )
    # 16:30 of 30 September in Greenwich is 1 October in Shanghai.
    Member.objects.filter(pk=ada.member.pk).update(
        registered_at=datetime(2026, 9, 30, 16, 30, tzinfo=UTC)
    )
    return {mei.member.pk: "mei", ada.member.pk: "ada", chen.member.pk: "chen"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "who"),
    [
        ({"tiers": ["apass"]}, "ada"),
        ({"tiers": ["apass", "normal"]}, "ada chen mei"),
        ({"bands": ["good"]}, "mei"),
        ({"bands": ["fair", "poor"]}, "ada chen"),
        ({"guided": True}, "mei"),
        ({"guided": False}, "ada chen"),  # ended, or one person's second account
        ({"value_from": 1000}, "mei"),
        ({"value_from": 1001}, ""),
        ({"value_to": 999}, "ada chen"),
        ({"value_to": 1000}, "ada chen mei"),
        ({"credit_from": 600, "credit_to": 600}, "ada chen"),  # where everybody begins
        ({"credit_from": 601}, "mei"),
        ({"activity_from": 50, "activity_to": 50}, "mei"),
        ({"spent_from": "5000.00"}, "mei"),
        ({"spent_from": "5000.01"}, ""),
        ({"spent_to": "0"}, "ada chen"),
        ({"orders_from": 3, "orders_to": 3}, "mei"),
        ({"registered_from": "2026-10-01"}, "ada"),
        ({"registered_to": "2026-09-30"}, "chen mei"),
        ({"registered_from": "2026-10-01", "registered_to": "2026-10-01"}, "ada"),
        ({"registered_from": "2026-10-02"}, ""),
        ({"registered_from": "1990-01-01", "registered_to": "2099-12-31"}, "ada chen mei"),
        ({"tiers": ["normal"], "value_from": 1}, "mei"),  # all must hold
    ],
)
def test_who_is_in_a_segment(given, who, world):
    found = members_in(Conditions.of(given), Member.objects.all(), NOW)
    assert sorted(world[pk] for pk in found.values_list("pk", flat=True)) == who.split()


# --- making and changing ----------------------------------------------------------------------------


def make(ops, code="rich", name="大户", reason="春节礼包", **conditions) -> Segment:
    return make_segment(
        code, name, conditions or {"value_from": 500}, by=ops, reason=reason, now=NOW
    )


@pytest.mark.django_db
def test_a_segment_is_made_once_and_changed_with_a_reason(ops):
    segment = make(ops)
    changed = {"value_from": 600, "tiers": ["super"]}
    for _time in range(2):
        change_segment(segment, name="大户", conditions=changed, by=ops, reason="门槛高些", now=NOW)
    segment.refresh_from_db()
    assert segment.conditions == {"tiers": ["super"], "value_from": 600}
    assert sorted(line.action for line in history_of(segment)) == [
        "segment.changed", "segment.made",
    ]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"code": "Rich"}, "segment.bad_code"),
        ({"code": ""}, "segment.bad_code"),
        ({"code": "rich\n"}, "segment.bad_code"),
        ({"name": " "}, "segment.no_name"),
        ({"reason": ""}, "segment.no_reason"),
        ({"value_from": 2, "value_to": 1}, "segment.bad_conditions"),
        ({"gender": "f"}, "segment.bad_conditions"),
        ({"code": "taken"}, "segment.taken"),
    ],
)
def test_a_segment_that_cannot_be_is_refused_and_nothing_is_kept(given, code, ops):
    make(ops, "taken")
    with pytest.raises(DomainError) as refused:
        make(ops, **given)
    assert refused.value.code == code
    assert refused.value.message
    assert Segment.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["chen", "bo", "lin", "wen", "qiao"])
def test_who_runs_nothing_makes_no_segment(who, ops, request):
    by, segment = request.getfixturevalue(who), make(ops)
    with pytest.raises(Forbidden):
        make(by, "mine")
    with pytest.raises(Forbidden):
        change_segment(
            segment, name="我的", conditions={"value_from": 1}, by=by, reason="自己来", now=NOW
        )
    with pytest.raises(Forbidden):
        delete_segment(segment, by=by, reason="不要了", now=NOW)
    assert Segment.objects.count() == 1


@pytest.mark.django_db
def test_a_segment_nobody_is_served_by_is_deleted_with_a_reason(ops):
    segment = make(ops)
    with pytest.raises(DomainError) as refused:
        delete_segment(segment, by=ops, reason=" ", now=NOW)
    assert refused.value.code == "segment.no_reason"
    for _time in range(2):
        delete_segment(segment, by=ops, reason="活动结束了", now=NOW)
    assert not Segment.objects.exists()
    assert [line.action for line in history_of(segment)].count("segment.deleted") == 1


# --- in the back office -------------------------------------------------------------------------------


@pytest.fixture
def office(browser_of, ops):
    return browser_of(ops)


@pytest.mark.django_db
def test_operations_build_a_segment_and_see_how_many_it_is(office, world):
    url = reverse("admin:accounts_segment_add")
    given = {
        "code": "good_ones", "name": "良好", "bands": ["good"], "value_from": "500",
        "registered_from": "2020-01-01", "reason": "春节礼包",
    }  # fmt: skip
    assert office.post(url, given).status_code == 302
    segment = Segment.objects.get(code="good_ones")
    assert segment.conditions == {
        "bands": ["good"], "value_from": 500, "registered_from": "2020-01-01",
    }  # fmt: skip
    listed = office.get(reverse("admin:accounts_segment_changelist"))
    assert [row.size_words for row in listed.context["cl"].result_list] == ["1"]
    page = office.get(reverse("admin:accounts_segment_change", args=[segment.pk]))
    assert "?segment=good_ones" in page.content.decode()
    again = given | {"value_from": "5000"}
    office.post(reverse("admin:accounts_segment_change", args=[segment.pk]), again)
    segment.refresh_from_db()
    assert segment.conditions["value_from"] == 5000


@pytest.mark.django_db
def test_a_bad_form_says_what_is_wrong_beside_its_field(office):
    given = {"code": "odd", "name": "反了", "value_from": "9", "value_to": "8", "reason": "试"}
    answer = office.post(reverse("admin:accounts_segment_add"), given)
    assert set(answer.context["adminform"].form.errors) == {"value_to"}
    everybody = {"code": "odd", "name": "所有人", "reason": "试"}
    answer = office.post(reverse("admin:accounts_segment_add"), everybody)
    assert "__all__" in answer.context["adminform"].form.errors
    far = {"code": "odd", "name": "太远", "registered_to": "9999-12-31", "reason": "试"}
    answer = office.post(reverse("admin:accounts_segment_add"), far)
    assert answer.context["adminform"].form.errors["registered_to"] == [
        "请选择1990年到2099年之间的日期。"
    ]
    assert not Segment.objects.exists()


@pytest.mark.django_db
def test_while_it_is_built_it_says_how_many_that_is(office, world, browser_of, auditor):
    url = reverse("admin:accounts_segment_count")
    assert office.get(url, {"bands": ["good"]}).json() == {
        "words": "现在有1位会员", "is_wrong": False,
    }  # fmt: skip
    assert office.get(url, {"value_from": "-1"}).json()["is_wrong"]
    assert office.get(url, {"registered_to": "9999-12-31"}).json()["is_wrong"]
    assert "所有人" in office.get(url).json()["words"]
    assert browser_of(auditor).get(url, {"bands": ["good"]}).status_code == 404
    page = office.get(reverse("admin:accounts_segment_add")).content.decode()
    assert f'data-count="{url}"' in page
    assert "admin/js/segments.js" in page


@pytest.mark.django_db
def test_operations_delete_a_segment_from_its_page(office, ops):
    segment = make(ops)
    url = reverse("admin:accounts_segment_act", args=[segment.pk, "delete_it"])
    office.post(url, {"step": "do", "reason": "不要了"})
    assert not Segment.objects.exists()


@pytest.mark.django_db
def test_the_list_of_members_is_narrowed_to_a_segment(office, ops, world):
    make(ops, "rich", value_from=1000)
    url = reverse("admin:accounts_member_changelist")
    shown = office.get(url, {"segment": "rich"}).context["cl"].result_list
    assert [world[row.pk] for row in shown] == ["mei"]
    assert not office.get(url, {"segment": "nobody"}).context["cl"].result_list


@pytest.mark.django_db
def test_an_auditor_looks_and_builds_nothing(browser_of, ops, auditor):
    segment, browser = make(ops), browser_of(auditor)
    assert (
        browser.get(reverse("admin:accounts_segment_change", args=[segment.pk])).status_code == 200
    )
    assert browser.get(reverse("admin:accounts_segment_add")).status_code == 404


def test_every_condition_has_words():
    from accounts.standing.words import CONDITIONS

    assert set(CONDITIONS) == set(Conditions.__dataclass_fields__)
