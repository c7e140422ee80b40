"""What the radio says on the back office's first page and on its self-test."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.dashboard import Card, Facts, dashboard_facts, sidebar_badge
from common.health import BAD, GOOD, Finding, health_check
from common.words import moment_words
from radio.models import Case, Channel, Edition
from radio.queries.editions import today

ANNOUNCED_WITHIN = timedelta(minutes=1)
SCREENED_WITHIN = timedelta(hours=24)


@sidebar_badge("radio.case")
def pending(now: datetime) -> int:
    """Count the cases that have waited for a screener for a day."""
    return Case.objects.pending().filter(pushed_at__lt=now - SCREENED_WITHIN).count()


@dashboard_facts("radio", permission="radio.view_edition", order=30, seconds=15)
def editions(now: datetime) -> Facts:
    """Say how today's editions are."""
    state = today(now)
    on_air = Q(channel__is_active=True, channel__active_since__lte=state.publish_at)
    editions_today = Edition.objects.filter(on_air, day=state.day)
    found = editions_today.aggregate(laid=Count("pk", distinct=True), stories=Count("items"))
    laid = found["laid"]
    channels = Channel.objects.on_air().filter(active_since__lte=state.publish_at).count()
    waiting = Case.objects.pending().count()
    note = ngettext(
        "%(count)s case waits for a screener", "%(count)s cases wait for a screener", waiting
    )
    url = reverse("admin:radio_edition_changelist")
    label, link, tone = _("Today's editions"), _("All editions"), ""
    if not state.is_workday:
        figure, words = (
            "—",
            _("none today, next %(moment)s") % {"moment": moment_words(state.next_at, now=now)},
        )
    elif not state.is_out:
        figure, words = (
            f"{laid}",
            _("out at %(time)s") % {"time": f"{timezone.localtime(state.publish_at):%H:%M}"},
        )
    else:
        figure, words = f"{laid}", _("out, %(stories)s stories") % {"stories": found["stories"]}
    if state.is_workday and laid < channels:
        words, tone = (
            _("%(count)s of %(all)s channels have none")
            % {
                "count": channels - laid,
                "all": channels,
            },
            "bad",
        )
    if waiting:
        words = _("%(one)s; %(other)s") % {"one": words, "other": note % {"count": waiting}}
    card = Card(
        label,
        figure,
        words,
        url,
        link,
        tone,
    )
    return Facts(cards=[card])


@health_check("editions", order=60)
def last_editions(now: datetime) -> list[Finding]:
    """Ask of each channel when its last edition was out and whether it was announced."""
    channels: QuerySet[Any] = (
        Channel.objects.on_air()
        .order_by("position", "pk")
        .annotate(
            last=Max("editions__publish_at", filter=Q(editions__publish_at__lte=now)),
            unannounced=Count(
                "editions",
                filter=Q(
                    editions__publish_at__lte=now - ANNOUNCED_WITHIN,
                    editions__aired_at__isnull=True,
                ),
            ),
        )
    )
    state = today(now)
    found = []
    for channel in channels:
        called = _("private channel") if channel.is_private else channel.name
        name = _("Edition: %(channel)s") % {"channel": called}
        last = channel.last
        owed = state.is_out and channel.active_since <= state.publish_at
        if owed and (last is None or last < state.publish_at):
            found.append(
                Finding(
                    name,
                    BAD,
                    _("today's is missing"),
                    _("Start the clock process: it makes good what is missing."),
                )
            )
        elif channel.unannounced:
            words = _("%(count)s out, but nobody was told") % {"count": channel.unannounced}
            found.append(
                Finding(
                    name, BAD, words, _("Start the clock process: it makes good what is missing.")
                )
            )
        elif last is None:
            found.append(Finding(name, GOOD, _("none yet")))
        else:
            found.append(Finding(name, GOOD, moment_words(last, now=now)))
    return found
