"""What the self-test page says of the history."""

from datetime import datetime, timedelta

from django.db.models import Min
from django.utils import timezone
from django.utils.translation import gettext as _

from common.chain.sealing import head
from common.health import BAD, GOOD, WARN, Finding, health_check
from common.models import ChainLink, HistoryCheck, UnsealedEvent
from common.words import span_words

SLOW = timedelta(minutes=1)
STUCK = timedelta(minutes=10)
CHECKED_WITHIN = timedelta(hours=36)


@health_check("history", order=60)
def history(now: datetime) -> list[Finding]:
    """Ask how long the oldest line waits for its seal, and what the last verification found."""
    return [_sealing(now), _verified(now)]


def _sealing(now: datetime) -> Finding:
    oldest = UnsealedEvent.objects.aggregate(at=Min("noted_at"))["at"]
    position = head().position
    if oldest is None:
        words = _("every line is sealed, up to position %(position)s") % {"position": position}
        return Finding(_("History sealed"), GOOD, words)
    age = now - oldest
    words = _("up to position %(position)s; the oldest line waits for %(span)s") % {
        "position": position,
        "span": span_words(max(age.total_seconds(), 0)),
    }
    if age < SLOW:
        return Finding(_("History sealed"), GOOD, words)
    todo = _("Start the clock process: it seals. After an upgrade it seals the old lines first.")
    return Finding(_("History sealed"), WARN if age < STUCK else BAD, words, todo)


def _verified(now: datetime) -> Finding:
    title = _("History verified")
    broken = (
        HistoryCheck.objects.filter(started_at__gt=now - timedelta(days=8), trouble_count__gt=0)
        .order_by("-pk")
        .first()
    )
    if broken is not None:
        words = broken.findings[0]["words"]
        todo = _("Keep the database as it is, run verify_history and compare with the anchor file.")
        return Finding(title, BAD, words, todo)
    last = HistoryCheck.objects.exclude(finished_at=None).order_by("-finished_at").first()
    if last is not None and last.finished_at is not None:
        words = _("until %(moment)s, position %(position)s: nothing was changed") % {
            "moment": f"{timezone.localtime(last.started_at):%Y-%m-%d %H:%M}",
            "position": last.position,
        }
        fresh = now - last.finished_at < CHECKED_WITHIN
    else:
        words = _("not yet; the first verification runs tonight")
        first = ChainLink.objects.order_by("position").first()
        fresh = first is None or now - first.sealed_at < CHECKED_WITHIN
    todo = "" if fresh else _("Start the worker process: it verifies every night.")
    return Finding(title, GOOD if fresh else WARN, words, todo)
