import threading

import pytest
from django.db import connection

from common.errors import DomainError, NotFound
from common.history import history_of
from radio.actions import submit_case
from radio.models import Case, CaseState
from tickets.models import AuthorKind, Message


def push(talk, by, **more):
    return submit_case(talk, **{"reason": "值得一听", "by": by} | more)


def test_it_waits_in_the_kitchen(case, bo, thursday):
    assert (case.state, case.pushed_by, case.pushed_at) == (CaseState.PENDING, bo, thursday)
    assert [line.action for line in history_of(case)] == ["case.submitted"]


def test_the_second_push_returns_the_first(case, talk, lin):
    again, is_new = push(talk, lin, reason="我也觉得", quotes=[2])
    assert (again.pk, is_new, again.reason) == (case.pk, False, case.reason)
    assert Case.objects.count() == 1
    assert [quote.seq for quote in case.quotes.all()] == [1, 3]


def test_the_customer_is_masked_by_default(case):
    kept = " ".join(
        [case.headline, case.reason, *(q.body + q.speaker_name for q in case.quotes.all())]
    )
    for secret in ("周小宁", "13800002071", "2611200341700001"):
        assert secret not in kept
    assert case.quotes.first().speaker_name == "周*宁"
    assert "138****2071" in case.quotes.first().body


def test_reason_and_title_are_masked_too(talk, bo):
    case, _ = push(
        talk, bo, reason="周小宁 13800002071 说单号2611200341700001", headline="周小宁的车厘子"
    )
    assert "周小宁" not in case.reason + case.headline
    assert "13800002071" not in case.reason
    assert "2611200341700001" not in case.reason


def test_quotes_are_lines_of_this_conversation(talk, talk_with, ada, bo):
    longer = talk_with(ada, words=[(AuthorKind.MEMBER, f"第{n}句") for n in range(9)])
    with pytest.raises(DomainError) as refused:
        push(talk, bo, quotes=[1, 9])
    assert (refused.value.code, refused.value.details) == ("case.no_such_message", {"seqs": [9]})
    assert push(longer, bo, quotes=[9])[1]


def test_what_was_taken_back_cannot_be_quoted(talk, bo, thursday):
    Message.objects.filter(conversation=talk, seq=1).update(recalled_at=thursday, body="")
    with pytest.raises(DomainError) as refused:
        push(talk, bo, quotes=[1])
    assert refused.value.code == "case.cannot_quote"


def test_too_many_quotes_are_refused(talk_with, mei, bo):
    long = talk_with(mei, words=[(AuthorKind.MEMBER, f"第{n}句") for n in range(20)])
    with pytest.raises(DomainError) as refused:
        push(long, bo, quotes=range(1, 14))
    assert refused.value.code == "case.too_many_quotes"


def test_who_cannot_see_the_conversation_cannot_push_it(talk, dora):
    with pytest.raises(NotFound):
        push(talk, dora)


@pytest.mark.parametrize("who", ["mei", "chen", "he", "wen", "qiao"])
def test_only_agents_push(talk, who, request):
    with pytest.raises(DomainError) as refused:
        push(talk, request.getfixturevalue(who))
    assert refused.value.code == "radio.may_not_submit"
    assert not Case.objects.exists()


def test_without_a_title_the_subject_is_one(talk, bo):
    assert push(talk, bo)[0].headline == "坏果赔付"


def test_the_kitchen_and_the_colleagues_hear_of_it(
    talk, bo, heard, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        push(talk, bo)
    assert ("kitchen", "case.submitted") in heard
    assert (talk.notes_topic, "case.submitted") in heard
    assert all(not topic.startswith("conversation.") for topic, _ in heard)


@pytest.mark.django_db(transaction=True)
def test_two_agents_push_at_once_and_one_case_is_made(talk, bo, lin):
    made, barrier = [], threading.Barrier(2)

    def go(by):
        barrier.wait()
        try:
            made.append(push(talk, by, quotes=[1]))
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=(by,)) for by in (bo, lin)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(is_new for _, is_new in made) == [False, True]
    assert len({case.pk for case, _ in made}) == Case.objects.count() == 1
