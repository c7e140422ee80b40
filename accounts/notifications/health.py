"""What the self-test page says of notifications on their way."""

from datetime import datetime, timedelta

from django.db.models import Min
from django.utils.translation import gettext as _

from accounts.models import NoticeState, NotificationDelivery
from common.health import BAD, GOOD, WARN, Finding, health_check
from common.ids import uuid7_from
from common.words import span_words

LATE = timedelta(minutes=2)
FAILED_SHOWN = timedelta(days=1)
COUNTED_TO = 1000


@health_check("notifications", order=72)
def notifications(now: datetime) -> list[Finding]:
    """Ask for what should have gone by now, and for what was given up within a day."""
    # What quiet hours held is let go by the clock when they end.
    waiting = NotificationDelivery.objects.filter(
        state__in=[NoticeState.QUEUED, NoticeState.HELD], due_at__lt=now - LATE
    )
    oldest = waiting.aggregate(oldest=Min("due_at"))["oldest"]
    if oldest is not None:
        words = _("the oldest waits for %(span)s") % {
            "span": span_words((now - oldest).total_seconds())
        }
        todo = _("Start the worker and the clock: they send them.")
        return [Finding(_("Notifications"), BAD, words, todo)]
    failed = NotificationDelivery.objects.filter(
        state=NoticeState.FAILED, id__gt=uuid7_from(now - FAILED_SHOWN)
    )[:COUNTED_TO].count()
    if failed:
        words = _("%(failed)s given up within a day") % {"failed": failed}
        todo = _("Look at the deliveries that failed: each says what the provider answered.")
        return [Finding(_("Notifications"), WARN, words, todo)]
    return [Finding(_("Notifications"), GOOD, _("everything has gone out"))]
