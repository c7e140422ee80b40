"""Atom for feed readers, under a secret address."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.syndication.views import Feed
from django.db.models import Count, Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import condition, require_safe

from common import parameters
from common.words import date_words
from radio.actions import note_feed_use
from radio.actions.feeds import hash_of
from radio.models import CaseQuote, Channel, Edition, EditionItem, FeedToken


def _living(secret: str) -> FeedToken | None:
    """Return the address behind ``secret`` while it works: not revoked, in use, its person still allowed."""
    token = (
        FeedToken.objects.select_related("user", "channel")
        .filter(token_hash=hash_of(secret), revoked_at=None)
        .first()
    )
    if token is None or _is_idle(token):
        return None
    if not Channel.objects.visible_to(token.user).filter(pk=token.channel_id):
        return None
    return token


def _is_idle(token: FeedToken) -> bool:
    used = token.last_used_at or token.created_at
    idle: timedelta = parameters.value("radio.feed_idle")
    return used + idle <= timezone.now()


def _newest(request: HttpRequest, secret: str) -> tuple[FeedToken, Edition | None]:
    # Asked three times per request (ETag, Last-Modified, the view); looked up once.
    if not hasattr(request, "radio_feed"):
        token = _living(secret)
        if token is None:
            raise Http404
        editions = Edition.objects.published().filter(channel=token.channel)
        request.radio_feed = token, editions.order_by("-publish_at").first()  # type: ignore[attr-defined]
    found: tuple[FeedToken, Edition | None] = request.radio_feed  # type: ignore[attr-defined]
    return found


def _etag(request: HttpRequest, secret: str) -> str:
    token, newest = _newest(request, secret)
    facts = (
        token.channel_id,
        token.channel.name,
        token.channel.description,
        newest.pk if newest else "",
        parameters.value("radio.feed_editions"),
        get_language(),
        request.get_host(),
    )
    return f'"{hashlib.sha256(repr(facts).encode()).hexdigest()[:32]}"'


def _last_modified(request: HttpRequest, secret: str) -> datetime | None:
    _token, newest = _newest(request, secret)
    return newest.publish_at if newest else None


class ChannelFeed(Feed):  # type: ignore[type-arg]
    """The newest editions of one channel, a story an entry; a quiet edition says so."""

    feed_type = Atom1Feed

    def get_object(self, request: HttpRequest, secret: str) -> Channel:
        return _newest(request, secret)[0].channel

    def title(self, channel: Channel) -> str:
        return _("Nine o'clock radio: %(channel)s") % {"channel": channel}

    def subtitle(self, channel: Channel) -> str:
        return channel.description

    def link(self, channel: Channel) -> str:
        return f"{reverse('radio')}?channel={channel.code}"

    def feed_guid(self, channel: Channel) -> str:
        return f"urn:xiaoer:radio:{channel.code}"

    def feed_url(self, channel: Channel) -> str:
        # The secret address itself is not repeated inside the document, which readers may share.
        return self.link(channel)

    def items(self, channel: Channel) -> Sequence[Edition | EditionItem]:
        editions = (
            Edition.objects.published(timezone.now())
            .filter(channel=channel)
            .select_related("channel")
            .annotate(stories=Count("items"))
            .order_by("-publish_at")[: parameters.value("radio.feed_editions")]
        )
        told = EditionItem.objects.filter(edition__in=[e.pk for e in editions]).select_related(
            "case", "edition__channel"
        )
        quoted = told.prefetch_related(Prefetch("case__quotes", CaseQuote.objects.order_by("seq")))
        by_edition: dict[Any, list[EditionItem]] = {}
        for item in quoted.order_by("position"):
            by_edition.setdefault(item.edition_id, []).append(item)
        rows: list[Edition | EditionItem] = []
        for edition in editions:
            rows += by_edition.get(edition.pk) or [edition]
        return rows

    def item_title(self, item: Edition | EditionItem) -> str:
        if isinstance(item, Edition):
            return _("%(channel)s has no new voices today") % {"channel": item.channel}
        return item.case.headline

    def item_description(self, item: Edition | EditionItem) -> str:
        if isinstance(item, Edition):
            return date_words(item.publish_at)
        quotes = format_html_join(
            "",
            "<blockquote>{} — {}</blockquote>",
            [(quote.body, quote.speaker_name) for quote in item.case.quotes.all()],
        )
        return format_html("<p>{}</p>{}", item.case.reason, quotes)

    def item_link(self, item: Edition | EditionItem) -> str:
        if isinstance(item, Edition):
            return reverse("radio-edition", args=[item.pk])
        return f"{reverse('radio-edition', args=[item.edition_id])}#case-{item.case_id}"

    def item_guid(self, item: Edition | EditionItem) -> str:
        if isinstance(item, Edition):
            return f"urn:uuid:{item.pk}"
        return f"urn:xiaoer:story:{item.edition_id}:{item.case_id}"

    def item_pubdate(self, item: Edition | EditionItem) -> datetime:
        return item.publish_at if isinstance(item, Edition) else item.edition.publish_at

    item_updateddate = item_pubdate


@require_safe
@condition(etag_func=_etag, last_modified_func=_last_modified)
def _answer(request: HttpRequest, secret: str) -> HttpResponse:
    return ChannelFeed()(request, secret=secret)


def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """Answer with the channel's feed; for a dead or unknown address there is nothing here."""
    response = _answer(request, secret)
    token, _edition = _newest(request, secret)
    note_feed_use(token, now=timezone.now())
    patch_cache_control(response, private=True, max_age=60)
    return response
