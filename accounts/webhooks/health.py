"""What the self-test page says of webhooks."""

from datetime import datetime, timedelta

from django.db.models import Count, Min
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


@health_check("webhooks", order=70)
def webhooks(now: datetime) -> list[Finding]:
    """Ask for what is overdue, dead letters of the last day, and hosts that are left alone."""
    count, oldest = _overdue(now)
    if oldest is not None:
        words = _("%(count)s wait, the oldest for %(span)s") % {
            "count": count,
            "span": span_words((now - oldest).total_seconds()),
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


def _overdue(now: datetime) -> tuple[int, datetime | None]:
    """Return how much a living clock would have told or sent by now, and since when the oldest waits.

    An event that nobody has told has no delivery yet; what waits for a failing host is not overdue.
    """
    failing = WebhookHost.objects.filter(open_until__isnull=False).values("host")
    unsent = WebhookDelivery.objects.filter(
        state=DeliveryState.WAITING, next_at__lt=now - LATE, endpoint__state=WebhookState.ACTIVE
    ).exclude(endpoint__host__in=failing)
    untold = WebhookEvent.objects.filter(told_at=None, ripe_at__lt=now - LATE)
    found = [
        unsent.aggregate(count=Count("pk"), oldest=Min("next_at")),
        untold.aggregate(count=Count("pk"), oldest=Min("ripe_at")),
    ]
    oldest = min((one["oldest"] for one in found if one["oldest"]), default=None)
    return sum(one["count"] for one in found), oldest
