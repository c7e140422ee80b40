"""What the self-test page says of webhooks."""

from datetime import datetime, timedelta

from django.db.models import Count, Min, Q
from django.utils.translation import gettext as _

from accounts.models import DeliveryState, WebhookDelivery, WebhookHost
from common.health import BAD, GOOD, WARN, Finding, health_check
from common.words import span_words

LATE = timedelta(minutes=1)


@health_check("webhooks", order=70)
def webhooks(now: datetime) -> list[Finding]:
    """Ask for dead letters of the last day, hosts that are left alone, and what is overdue."""
    dead = WebhookDelivery.objects.filter(
        state=DeliveryState.DEAD, next_at__gt=now - timedelta(days=1)
    ).count()
    hosts = WebhookHost.objects.filter(open_until__isnull=False).count()
    # Overdue is what the clock should have claimed; what waits for a failing host is not.
    overdue = WebhookDelivery.objects.filter(
        state=DeliveryState.WAITING, attempts=0, next_at__lt=now - LATE, endpoint__state="active"
    ).aggregate(oldest=Min("next_at"), count=Count("pk", filter=Q(attempts=0)))
    if overdue["oldest"] and not hosts:
        words = _("%(count)s wait, the oldest for %(span)s") % {
            "count": overdue["count"],
            "span": span_words((now - overdue["oldest"]).total_seconds()),
        }
        return [Finding(_("Webhooks"), BAD, words, _("Start the clock process: it sends them."))]
    if dead or hosts:
        words = _("%(dead)s given up within a day, %(hosts)s hosts do not answer") % {
            "dead": dead,
            "hosts": hosts,
        }
        todo = _("Look at the deliveries; replay them when the receiver is well again.")
        return [Finding(_("Webhooks"), WARN, words, todo)]
    return [Finding(_("Webhooks"), GOOD, _("nothing is overdue"))]
