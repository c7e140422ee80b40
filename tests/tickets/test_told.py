"""Who is told what by notification: members who are away, agents who are handed something."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notification
from common.deadlines import sweep
from tests.tickets.casts import answered
from tickets.actions.away import tell_away
from tickets.actions.conversations import resolve_conversation
from tickets.actions.ownership import transfer_conversation
from tickets.actions.posting import post_message
from tickets.actions.reading import mark_read
from tickets.models import Disposition


def told(who, kind="conversation.message"):
    return Notification.objects.filter(person=who, kind=kind)


def say(talk, by, body="给您退款，两天内到账"):
    return post_message(talk, by=by, author_kind="agent", body=body)


def later(seconds=61):
    return timezone.now() + timedelta(seconds=seconds)


def test_an_answer_that_lies_unread_is_told_once(conversation, mei, bo):
    say(conversation, bo)
    assert tell_away(now=later(59)) == 0
    assert tell_away(now=later()) == 1
    assert tell_away(now=later(90)) == 0
    row = told(mei).get()
    assert (row.title, row.body) == ("许青禾 回复您了", "给您退款，两天内到账")
    assert row.url == reverse("chat", args=[conversation.pk])


def test_ten_answers_are_one_notification(conversation, mei, bo):
    for number in range(1, 4):
        say(conversation, bo, f"第 {number} 句")
        tell_away(now=later(61 * number))
    row = told(mei).get()
    assert (row.count, row.body) == (3, "第 3 句")


def test_who_has_read_it_is_told_nothing(conversation, mei, bo):
    posted = say(conversation, bo)
    mark_read(conversation, side="member", seq=posted.seq, by=mei)
    assert tell_away(now=later()) == 0


def test_a_line_of_the_house_is_no_answer(conversation, mei):
    post_message(conversation, by=mei, author_kind="member", body="在吗")
    post_message(conversation, by=None, author_kind="system", kind="system", body="许青禾 来了")
    assert tell_away(now=later()) == 0


def test_last_words_before_it_is_resolved_are_told_too(conversation, mei, bo):
    Disposition.objects.create(code="solved", name="已解决")
    say(conversation, bo, "好了，再见")
    resolve_conversation(conversation, disposition="solved", by=bo)
    assert tell_away(now=later()) == 0
    sweep(later())
    assert told(mei).get().body == "好了，再见"


def test_others_are_not_told(conversation, chen, ada, bo):
    say(conversation, bo)
    tell_away(now=later())
    assert not told(chen).exists()
    assert not told(ada).exists()


def test_the_clock_looks_again_by_itself(conversation, mei, bo):
    from common.deadlines import reconcile

    say(conversation, bo)
    reconcile(timezone.now())
    sweep(later())
    assert told(mei).exists()
    from common.models import Deadline

    assert Deadline.objects.get(kind="conversation.unread_sweep").done_at is None


def test_looking_costs_one_query(conversation, bo, django_assert_num_queries):
    tell_away(now=later())
    with django_assert_num_queries(3):  # the question, and a savepoint around it
        tell_away(now=later())


def test_who_is_handed_a_conversation_is_told_with_the_note(mei, bo, lin, team):
    talk = answered(mei.member, team, bo)
    transfer_conversation(talk, person=lin, note="客人 13800002071 要主管", by=bo)
    row = told(lin, "conversation.assigned").get()
    assert row.title == "许青禾 把一个会话交给您"
    assert "13800002071" not in row.body
    assert row.url == f"/desk/?c={talk.public_key}"
    assert not told(bo, "conversation.assigned").exists()


def test_taking_ones_own_is_no_news(mei, bo, lin, team):
    talk = answered(mei.member, team, bo)
    transfer_conversation(talk, person=lin, note="我来", by=lin)
    assert not told(lin, "conversation.assigned").exists()


@pytest.mark.django_db
def test_who_has_no_account_cannot_be_told(bo, team, mei):
    member = mei.member
    member.user = None
    member.save()
    talk = answered(member, team, bo)
    say(talk, bo)
    assert tell_away(now=later()) == 0
