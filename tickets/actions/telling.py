"""What members, leads and agents are told of harassment, warnings and limits."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.actions import notify, notify_many
from accounts.actions.asking import is_own_case
from accounts.models import Role, User
from common.push import push
from common.rules import SHANGHAI
from common.words import date_words
from tickets.actions.conversations import say
from tickets.models import ContactBlock, Conversation, End, Grade, HarassmentCase

WARNINGS: dict[int, Any] = {
    Grade.WARN: _(
        "We want to help you. Please leave out insults: this is a first warning. If it goes on, a second "
        "one follows, then contact is limited."
    ),
    Grade.WARN_AGAIN: _(
        "This is the second warning. The next insult limits how you can reach us. What you need is still "
        "looked after."
    ),
}


def say_warning(conversation: Conversation, grade: int) -> None:
    """Warn the member in the conversation."""
    say(conversation, WARNINGS[grade])


def say_limits(conversation: Conversation, block: ContactBlock, *, goes_on: bool) -> None:
    """Tell the member in the conversation what is limited until when, and whether it goes on."""
    sentence = (
        _(
            "Your contact is limited until %(until)s. What you need is still looked after, here and in "
            "writing. Why, and how to appeal, stands on your page."
        )
        if goes_on
        else _(
            "We end this talk. Your contact is limited until %(until)s; a written complaint is still "
            "taken. Why, and how to appeal, stands on your page."
        )
    )
    say(conversation, sentence, until=_until(block))


def tell_leads(case: HarassmentCase, *, now: datetime) -> None:
    """Tell who leads the team of an H2, and who may confirm of an H3; without such, who runs the house.

    Never who marked it, nor who is the member.
    """
    waits = case.grade == Grade.END
    title = (
        _("Harassment waits for your confirmation")
        if waits
        else _("A customer has had a second warning")
    )
    talk = case.conversation
    leads = _others(_leads_of(talk.team_id), case)
    is_led = leads.exists()
    notify_many(
        leads if is_led else _others(_running_the_house(), case),
        "harassment.case",
        title=title,
        body=_("%(name)s has marked it; %(no)s."),
        words={"name": case.marked_by.display_name, "no": talk.conversation_no},
        url=f"{reverse('desk')}?c={talk.public_key}"
        if is_led
        else reverse("admin:tickets_harassmentcase_change", args=[case.pk]),
        subject=case,
        now=now,
    )
    push(talk.team.topic, "harassment.marked", conversation=talk.public_key)


def tell_limited(block: ContactBlock, *, now: datetime) -> None:
    """Tell the member that their contact is limited."""
    _tell_member(
        block,
        "limited",
        now,
        title=_("Your contact with us is limited for a while"),
        body=_("Until when, why, and how to appeal stands on your page."),
    )


def tell_ended(block: ContactBlock, why: str, *, now: datetime) -> None:
    """Tell the member that nothing is limited any more."""
    if why == End.APPEAL:
        return  # said by the answer to the appeal
    _tell_member(block, "ended", now, title=_("You can reach us again as always"), body="")


def tell_of_appeal(block: ContactBlock, *, now: datetime) -> None:
    """Tell who may decide, and neither marked nor confirmed, that a member appeals."""
    case = block.case
    notify_many(
        _others(_running_the_house(), case, case.decided_by_id),
        "harassment.case",
        title=_("A member appeals against a contact block"),
        body=_("Decide it as somebody who neither marked nor confirmed."),
        url=reverse("admin:tickets_contactblock_change", args=[block.pk]),
        subject=block,
        now=now,
    )


def tell_appeal_decided(block: ContactBlock, *, now: datetime) -> None:
    """Tell the member what became of the appeal."""
    _tell_member(
        block,
        "appeal",
        now,
        title=_("Your appeal has been decided"),
        body=block.appeal_answer,
    )


def tell_rest(case: HarassmentCase, *, now: datetime) -> None:
    """Tell the agent who was harassed that they may rest."""
    notify(
        case.marked_by,
        "harassment.rest",
        title=_("You may rest now"),
        body=_(
            "What you marked was confirmed. Take a break whenever you like within the next day."
        ),
        url=reverse("desk"),
        subject=case,
        now=now,
    )


def _tell_member(block: ContactBlock, what: str, now: datetime, *, title: Any, body: Any) -> None:
    user = block.member.user
    if user is not None:
        notify(
            user, "harassment.limits", title=title, body=body, url=f"{reverse('me')}#limits",
            subject=block, dedupe=what, now=now,
        )  # fmt: skip


def _leads_of(team_id: int) -> QuerySet[User]:
    """Return who leads the team by their role: who merely stands for the lead in it decides nothing."""
    return User.objects.filter(roles__contains=[Role.LEAD], memberships__team=team_id)


def _running_the_house() -> QuerySet[User]:
    return User.objects.filter(roles__contains=[Role.OPERATIONS])


def _others(people: QuerySet[User], case: HarassmentCase, *but: int | None) -> QuerySet[User]:
    """Return those of a handful of ``people`` to whom a second look at ``case`` falls, without ``but``."""
    found = people.filter(is_active=True).exclude(pk__in=[case.marked_by_id, *but]).distinct()
    # One by one: who is the member, under whatever account, is asked of a person.
    keys = [one.pk for one in found if not is_own_case(case.member_id, one)]
    return User.objects.filter(pk__in=keys)


def _until(block: ContactBlock) -> str:
    with translation.override(settings.LANGUAGE_CODE):
        clock = f"{block.until.astimezone(SHANGHAI):%H:%M}"
        return f"{date_words(block.until)} {clock}"
