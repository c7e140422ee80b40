"""The radio's doors on the front page, each with what is true behind it now."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.doors import Door, Fact, open_door
from accounts.models import User
from radio.models import Case
from radio.queries.editions import shelves, today


def _unread(user: User) -> Fact | None:
    now = timezone.now()
    unread = sum(shelf.unread for shelf in shelves(user, now) if shelf.is_heard)
    if unread:
        words = ngettext("%(n)s story unread", "%(n)s stories unread", unread) % {"n": unread}
        return Fact(badge=words)
    if today(now).is_out:
        return None
    return Fact(badge=_("next %s") % f"{today(now).next_at.astimezone():%m-%d %H:%M}")


def _pending(user: User) -> Fact | None:
    waiting = Case.objects.pending().exclude(pushed_by=user).count()
    if not waiting:
        return Fact(badge=_("empty"))
    words = ngettext("%(n)s waits", "%(n)s wait", waiting) % {"n": waiting}
    return Fact(badge=words, kind="warn")


open_door(
    Door(
        key="radio",
        url="/radio/",
        title=gettext_lazy("Nine o'clock radio"),
        line=gettext_lazy("What customers said, before work, by channel"),
        icon="radio",
        right="radio.read",
        place=40,
        fact=_unread,
    )
)
open_door(
    Door(
        key="kitchen",
        url="/radio/kitchen/",
        title=gettext_lazy("Central kitchen"),
        line=gettext_lazy("Screen what colleagues pushed, before half past eight"),
        icon="pot",
        right="radio.screen",
        place=41,
        fact=_pending,
    )
)
