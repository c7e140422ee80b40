"""Who may listen to a conversation, its notes, a team's queue, and oneself."""

from django.db.models import QuerySet

from accounts.models import User
from common.ids import parse_key
from common.topics import topic
from tickets.models import Conversation
from workforce.models import Team


@topic("conversation")
def conversation_topic(user: User, argument: str) -> str | None:
    """Both sides of one conversation: who merely sees it reads it masked, at the other doors."""
    found = _visible(user, argument, Conversation.objects.spoken_with(user))
    return found.topic if found else None


@topic("notes")
def notes_topic(user: User, argument: str) -> str | None:
    """Notes and viewers: staff alone, and never of a conversation that is their own as a member."""
    if not (user.can("desk.use") or user.can("tickets.see_all")):
        return None
    found = _visible(user, argument, Conversation.objects.for_work_of(user))
    return found.notes_topic if found else None


@topic("team")
def team_topic(user: User, argument: str) -> str | None:
    """The queue of one's own team; those who see all conversations hear every team."""
    teams = Team.objects.filter(code=argument[:40])
    if not user.can("tickets.see_all"):
        if not user.can("desk.use"):
            return None
        teams = teams.visible_to(user).filter(members=user)
    found = teams.first()
    return found.topic if found else None


@topic("me")
def my_topic(user: User, argument: str) -> str | None:
    """What concerns oneself."""
    return f"user.{user.pk}"


def _visible(user: User, argument: str, rows: QuerySet[Conversation]) -> Conversation | None:
    try:
        key = parse_key("cnv", argument)
    except ValueError:
        return None
    return rows.filter(pk=key).only("pk").first()
