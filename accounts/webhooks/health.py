"""What the self-test page says of webhooks."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import (
    DeliveryState,
    WebhookDelivery,
    WebhookEvent,
    WebhookHost,
    WebhookState,
)
from common.health import BAD, GOOD, WARN, Finding, health_check
from common.words import span_words

LATE = timedelta(minutes=1)
COUNTED_TO = 1000


@health_check("webhooks", order=70)
def webhooks(now: datetime) -> list[Finding]:
    """Ask for what is overdue, dead letters of the last day, and hosts that are left alone."""
    if overdue := _overdue(now):
        words = _("%(count)s wait, the oldest for %(span)s") % {
            "count": len(overdue),
            "span": span_words((now - overdue[0]).total_seconds()),
        }
        return [Finding(_("Webhooks"), BAD, words, _("Start the clock process: it sends them."))]
    dead = WebhookDelivery.objects.filter(
        state=DeliveryState.DEAD, next_at__gt=now - timedelta(days=1)
    ).count()
    hosts = WebhookHost.objects.filter(open_until__isnull=False).count()
    if dead or hosts:
        words = _("%(dead)s given up within a day, %(hosts)s hosts do not answer") % {
            "dead": dead,
            "hosts": hosts,
        }
        todo = _("Look at the deliveries; replay them when the receiver is well again.")
        return [Finding(_("Webhooks"), WARN, words, todo)]
    return [Finding(_("Webhooks"), GOOD, _("nothing is overdue"))]


def _overdue(now: datetime) -> list[datetime]:
    """Return since when what a living clock would have told or sent by now waits, the oldest first.

    An event that nobody has told has no delivery yet; what waits for a failing host is not overdue.
    """
    failing = WebhookHost.objects.filter(open_until__isnull=False).values("host")
    unsent = WebhookDelivery.objects.filter(
        state=DeliveryState.WAITING, next_at__lt=now - LATE, endpoint__state=WebhookState.ACTIVE
    ).exclude(endpoint__host__in=failing)
    untold: Any = WebhookEvent.objects.filter(told_at=None, ripe_at__lt=now - LATE)
    both = unsent.values_list("next_at").union(untold.values_list("ripe_at"), all=True)
    return [at for (at,) in both.order_by("next_at")[:COUNTED_TO]]
