"""What account managers see of conversations, and where our people are now: told to the house of merchants."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Count, Min
from django.utils.translation import gettext_lazy as _

from merchants.key_accounts.registry import (
    Figure,
    Told,
    declare_portfolio_figure,
    knows_staff_presence,
)
from tickets.models import Conversation, State
from workforce.models import AgentStatus, Presence

ANSWER_WITHIN = timedelta(seconds=180)


def open_conversations(shop_ids: Sequence[int], now: datetime) -> dict[int, Told]:
    """Count the open conversations about each shop; the first of them to be answered gives the clock."""
    rows = (
        Conversation.objects.filter(shop__in=shop_ids, state__in=[State.WAITING, State.OPEN])
        .values("shop_id")
        .annotate(count=Count("pk"), waits=Min("waiting_since"))
        .values_list("shop_id", "count", "waits")
    )
    return {
        shop: Told(count, waits + ANSWER_WITHIN if waits is not None else None, ANSWER_WITHIN)
        for shop, count, waits in rows
    }


declare_portfolio_figure(Figure("conversations", _("Open conversations"), open_conversations))


@knows_staff_presence
def presences(user_ids: Sequence[int]) -> dict[int, str]:
    """Return where people are now, of those who are ever at the desk."""
    rows = AgentStatus.objects.filter(user__in=user_ids).values_list("user_id", "presence")
    return {user: str(Presence(presence).label) for user, presence in rows}
