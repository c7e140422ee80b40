"""The doors `/desk/` and `/me/`, each with what is true behind it now."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.doors import Door, Fact, open_door
from accounts.models import User
from tickets.models import Conversation, State


def desk_fact(user: User) -> Fact | None:
    """Say how many talks one has open and how many wait in one's teams."""
    mine = Conversation.objects.owned_by(user).count()
    teams = user.memberships.values("team_id")
    waiting = Conversation.objects.filter(state=State.WAITING, team_id__in=teams).count()
    line = _("%(mine)s with you, %(waiting)s waiting") % {"mine": mine, "waiting": waiting}
    badge = _("%(n)s waiting") % {"n": waiting} if waiting else ""
    return Fact(line=line, badge=badge, kind="warn" if waiting else "")


def me_fact(user: User) -> Fact | None:
    """Say how many messages one has not read."""
    unread = sum(
        Conversation.objects.visible_to(user)
        .filter(member__user=user, member_unread__gt=0)
        .values_list("member_unread", flat=True)
    )
    if not unread:
        return None
    return Fact(badge=ngettext("%(n)s new message", "%(n)s new messages", unread) % {"n": unread})


open_door(
    Door(
        key="desk",
        url="/desk/",
        title=gettext_lazy("Desk"),
        line=gettext_lazy("Talk with customers, longest wait first"),
        icon="inbox",
        right="desk.use",
        place=10,
        fact=desk_fact,
    )
)
open_door(
    Door(
        key="me",
        url="/me/",
        title=gettext_lazy("Help and orders"),
        line=gettext_lazy("Ask about an order, go on with a talk"),
        icon="chat",
        right="me.use",
        place=20,
        fact=me_fact,
    )
)
