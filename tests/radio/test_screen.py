import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction

from common import parameters
from common.errors import DomainError
from common.history import history_of
from radio.actions import merge_case, reject_case, select_case, submit_case
from radio.models import Case, CaseState, EditionItem
from tests.radio.conftest import at


def code_of(refused):
    return refused.value.code


def test_a_selected_case_goes_into_the_next_edition(case, fresh, sen, thursday):
    later = thursday + timedelta(minutes=1)
    (item,) = select_case(case, channels=[fresh], headline="坏了六成，只赔一成", by=sen, now=later)
    case.refresh_from_db()
    assert (case.state, case.screened_by, case.headline) == (
        CaseState.SELECTED,
        sen,
        "坏了六成，只赔一成",
    )
    assert item.edition.publish_at == at("2026-11-20 09:00:00")
    line = history_of(case)[0]
    assert (line.action, line.actor, line.after["editions"]) == (
        "case.selected",
        sen,
        [str(item.edition_id)],
    )


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-11-20 08:59:59", "2026-11-20"),
        ("2026-11-20 09:00:00", "2026-11-23"),  # out this very second: Monday's takes it
        ("2026-11-21 12:00:00", "2026-11-23"),
    ],
)
def test_nine_oclock_decides_which_edition(case, fresh, sen, moment, day):
    (item,) = select_case(case, channels=[fresh], headline="坏了六成", by=sen, now=at(moment))
    assert item.edition.day.isoformat() == day


def test_one_case_goes_to_several_channels(case, fresh, logistics, sen, thursday):
    items = select_case(
        case, channels=[fresh, logistics], headline="坏了六成", by=sen, now=thursday
    )
    assert {item.edition.channel for item in items} == {fresh, logistics}


def test_a_full_edition_passes_the_case_on_to_the_following_one(
    case, fresh, sen, ops, talk_with, ada, bo, thursday
):
    other, _ = submit_case(talk_with(ada), reason="另一件", by=bo, now=thursday)
    with time_machine.travel(thursday, tick=False):
        parameters.set_value("radio.max_items", 1, by=ops, reason="短一点")
        parameters.forget()
        (first,) = select_case(case, channels=[fresh], headline="第一件", by=sen)
        (second,) = select_case(other, channels=[fresh], headline="第二件", by=sen)
    assert first.edition.day.isoformat() == "2026-11-20"
    assert second.edition.day.isoformat() == "2026-11-23"


def test_nobody_screens_their_own_push(talk, fresh, sen, case, talk_with, ada, thursday):
    own, _ = submit_case(talk_with(ada), reason="我自己推的", by=sen, now=thursday)
    for act in (
        lambda: select_case(own, channels=[fresh], headline="好", by=sen),
        lambda: reject_case(own, reason="不好", by=sen),
        lambda: merge_case(own, into=case, by=sen),
    ):
        with pytest.raises(DomainError) as refused:
            act()
        assert code_of(refused) == "radio.own_case"


def test_not_even_the_database_lets_a_pusher_screen(case, bo, thursday):
    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(
            state="rejected", reject_reason="x", screened_by=bo, screened_at=thursday
        )


@pytest.mark.parametrize("who", ["dora", "he", "mei", "chen", "qiao", "wen"])
def test_only_screeners_screen(case, fresh, who, request):
    by = request.getfixturevalue(who)
    with pytest.raises(DomainError) as refused:
        reject_case(case, reason="不听", by=by)
    assert code_of(refused) == "radio.not_screener"
    case.refresh_from_db()
    assert case.state == CaseState.PENDING


def test_the_second_decision_is_refused_and_says_who_was_first(case, fresh, sen, lin, thursday):
    select_case(case, channels=[fresh], headline="坏了六成", by=sen, now=thursday)
    with pytest.raises(DomainError) as refused:
        reject_case(case, reason="不听", by=lin)
    assert code_of(refused) == "case.already_screened"
    assert refused.value.details == {"by": "姜半夏", "state": "selected"}


@pytest.mark.parametrize(
    ("title", "code"),
    [("", "case.no_headline"), ("  ", "case.no_headline"), ("一" * 17, "case.headline_too_long")],
)
def test_a_title_has_one_to_sixteen_characters(case, fresh, sen, title, code):
    with pytest.raises(DomainError) as refused:
        select_case(case, channels=[fresh], headline=title, by=sen)
    assert code_of(refused) == code


def test_sixteen_characters_fit(case, fresh, sen):
    assert select_case(case, channels=[fresh], headline="一" * 16, by=sen)


def test_the_screeners_title_is_masked_as_well(case, fresh, sen):
    select_case(case, channels=[fresh], headline="周小宁的坏果", by=sen)
    case.refresh_from_db()
    assert case.headline == "周*宁的坏果"


def test_a_case_needs_a_channel_the_screener_knows(case, secret, sen):
    for channels in ([], [secret]):
        with pytest.raises(DomainError) as refused:
            select_case(case, channels=channels, headline="好", by=sen)
        assert code_of(refused) == "case.no_channel"


def test_a_returned_case_needs_a_reason(case, sen):
    with pytest.raises(DomainError) as refused:
        reject_case(case, reason="  ", by=sen)
    assert code_of(refused) == "case.no_reason"


def test_the_pusher_is_told_why_it_was_returned(
    case, sen, bo, heard, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        reject_case(case, reason="上周播过了", by=sen)
    case.refresh_from_db()
    assert (case.state, case.reject_reason) == (CaseState.REJECTED, "上周播过了")
    assert (f"user.{bo.pk}", "case.rejected") in heard


@pytest.mark.parametrize("decision", ["selected", "merged", "rejected"])
def test_a_reason_names_nobody(decision, case, fresh, talk_with, ada, bo, sen):
    why = "周小宁13800002071说得对"
    if decision == "selected":
        select_case(case, channels=[fresh], headline="坏了六成", by=sen, reason=why)
    elif decision == "merged":
        other, _new = submit_case(talk_with(ada), reason="同一件事", by=bo)
        merge_case(case, into=other, by=sen, reason=why)
    else:
        reject_case(case, reason=why, by=sen)
        case.refresh_from_db()
        assert case.reject_reason == "周*宁138****2071说得对"
    line = history_of(case)[0]
    assert (line.action, line.reason) == (f"case.{decision}", "周*宁138****2071说得对")


def test_merging_keeps_one_case(case, talk_with, ada, bo, sen):
    other, _ = submit_case(talk_with(ada), reason="同一家店", by=bo)
    merge_case(other, into=case, by=sen)
    other.refresh_from_db()
    assert (other.state, other.merged_into) == (CaseState.MERGED, case)


def test_what_was_merged_into_a_case_goes_along_when_it_is_merged(
    case, talk_with, ada, chen, bo, sen
):
    second, _ = submit_case(talk_with(ada), reason="同一家店", by=bo)
    third, _ = submit_case(talk_with(chen), reason="还是那家店", by=bo)
    merge_case(third, into=second, by=sen)
    merge_case(second, into=case, by=sen)
    third.refresh_from_db()
    assert third.merged_into == case


def test_a_case_cannot_be_merged_into_itself_or_a_returned_one(case, talk_with, ada, bo, sen):
    other, _ = submit_case(talk_with(ada), reason="同一家店", by=bo)
    with pytest.raises(DomainError) as refused:
        merge_case(case, into=case, by=sen)
    assert code_of(refused) == "case.merge_into_itself"
    reject_case(other, reason="重复", by=sen)
    with pytest.raises(DomainError) as refused:
        merge_case(case, into=other, by=sen)
    assert code_of(refused) == "case.cannot_take_in"


@pytest.mark.django_db(transaction=True)
def test_two_screeners_decide_at_once_and_one_wins(case, fresh, sen, lin):
    refusals, barrier = [], threading.Barrier(2)

    def go(by):
        barrier.wait()
        try:
            select_case(case, channels=[fresh], headline="坏了六成", by=by)
        except DomainError as error:
            refusals.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=(by,)) for by in (sen, lin)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refusals == ["case.already_screened"]
    assert EditionItem.objects.count() == 1
