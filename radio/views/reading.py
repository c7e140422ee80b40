"""What readers see: today's edition, earlier ones, channels, feed addresses, one's own pushes."""

import uuid
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.people import signed_in
from common.errors import DomainError
from radio import rules
from radio.actions import (
    issue_feed_token,
    mark_read,
    mute_channel,
    revoke_feed_token,
    subscribe,
    unsubscribe,
)
from radio.models import Channel, Edition, FeedToken
from radio.queries.cases import pushed_by, viewer
from radio.queries.editions import (
    Shelf,
    earlier_editions,
    last_told,
    newest_edition,
    opening_of,
    shelves,
    stories_of,
    today,
)
from radio.views.frame import frame, who_can

_CHOICES = {"subscribe": subscribe, "mute": mute_channel, "leave": unsubscribe}


@who_can("radio.read")
@never_cache
@require_safe
def on_air(request: HttpRequest) -> HttpResponse:
    """Show the edition of now: of the channel asked for, or of one's own with something unread."""
    now = timezone.now()
    rack = shelves(signed_in(request), now)
    shelf = _chosen(rack, request.GET.get("channel", ""))
    context = frame(request, "radio") | _rack(rack, shelf.channel if shelf else None, now)
    if shelf is None:
        return render(request, "radio/nothing.html", context)
    day, newest = today(now), newest_edition(shelf.channel, now)
    if newest is not None and newest.day == day.day:
        return _edition_page(request, newest, context, is_newest=True)
    told = last_told(shelf.channel, now)
    return render(
        request,
        "radio/waiting.html",
        context
        | {
            "channel": shelf.channel,
            "today": day,
            "newest": newest,
            "told": told,
            "told_in": told[0].edition if told else None,
            "since": newest.publish_at if newest else shelf.channel.active_since,
            "earlier": earlier_editions(newest, now) if newest else [],
        },
    )


@who_can("radio.read")
@never_cache
@require_safe
def edition(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Show one edition that is out."""
    now = timezone.now()
    found = (
        Edition.objects.visible_to(signed_in(request), now)
        .select_related("channel")
        .filter(pk=key)
        .first()
    )
    if found is None:
        raise Http404
    newest = newest_edition(found.channel, now)
    context = frame(request, "radio") | _rack(shelves(signed_in(request), now), found.channel, now)
    return _edition_page(request, found, context, is_newest=found == newest)


@who_can("radio.read")
@require_POST
def reading(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Note that all of an edition was read, without script."""
    found = Edition.objects.visible_to(signed_in(request)).filter(pk=key).first()
    if found is None:
        raise Http404
    mark_read(found, by=signed_in(request))
    return redirect(reverse("radio-edition", args=[key]) + "#end")


@who_can("radio.read")
@never_cache
@require_safe
def channels(request: HttpRequest) -> HttpResponse:
    """List the channels one may hear."""
    return _channels_page(request)


@who_can("radio.read")
@require_POST
def subscription(request: HttpRequest, code: str) -> HttpResponse:
    """Subscribe, mute or leave; back to where one came from."""
    act = _CHOICES.get(request.POST.get("do", ""))
    if act is None:
        raise Http404
    act(_channel(request, code), by=signed_in(request))
    if request.POST.get("back") == "radio" and request.POST["do"] != "leave":
        return redirect(f"{reverse('radio')}?channel={code}")
    return redirect("radio-channels")


@who_can("radio.read")
@never_cache
@require_POST
def feed_address(request: HttpRequest, code: str) -> HttpResponse:
    """Make a feed address and show it, this once."""
    channel = _channel(request, code)
    _token, secret = issue_feed_token(channel, by=signed_in(request))
    address = request.build_absolute_uri(reverse("radio-feed", args=[secret]))
    return _channels_page(request, fresh={"channel": channel, "address": address})


@who_can("radio.read")
@require_POST
def feed_revocation(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Stop a feed address."""
    token = (
        FeedToken.objects.filter(pk=key, user=signed_in(request)).select_related("channel").first()
    )
    if token is None:
        raise Http404
    revoke_feed_token(token, by=signed_in(request))
    messages.info(
        request, _("The feed address of %(channel)s no longer works.") % {"channel": token.channel}
    )
    return redirect("radio-channels")


@who_can("radio.submit_case")
@never_cache
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """Show what became of the cases one pushed."""
    now = timezone.now()
    try:
        page = pushed_by(signed_in(request), cursor=request.GET.get("cursor", ""))
    except DomainError:
        raise Http404 from None
    known = viewer(signed_in(request), now).channels
    rows = []
    for case in page.cases:
        told = case.merged_into or case
        items = list(told.items.all())
        out = any(item.edition.is_out(now) for item in items)
        rows.append({"case": case, "told": told, "items": items, "is_out": out})
    context = frame(request, "radio-mine") | {"rows": rows, "next_cursor": page.next_cursor}
    return render(request, "radio/mine.html", context | {"known": known, "now": now})


def _edition_page(
    request: HttpRequest, found: Edition, context: dict[str, Any], *, is_newest: bool
) -> HttpResponse:
    now = timezone.now()
    stories = stories_of(found, signed_in(request))
    spoken = [story.case.reason + (story.voice.body if story.voice else "") for story in stories]
    context |= {
        "edition": found,
        "channel": found.channel,
        "stories": stories,
        "unread": sum(not story.is_read for story in stories),
        "opening": opening_of(found),
        "minutes": rules.reading_minutes([story.case.headline for story in stories] + spoken),
        "told": [] if stories else last_told(found.channel, found.publish_at),
        "next_at": today(now).next_at,
        "earlier": earlier_editions(found, now),
        "is_newest": is_newest,
        "is_today": found.day == rules.shanghai_day(now),
    }
    return render(request, "radio/edition.html", context)


def _channels_page(request: HttpRequest, fresh: dict[str, Any] | None = None) -> HttpResponse:
    now = timezone.now()
    tokens = FeedToken.objects.filter(user=signed_in(request), revoked_at=None)
    living = {token.channel_id: token for token in tokens}
    rows = [
        {"shelf": shelf, "token": living.get(shelf.channel.pk)}
        for shelf in shelves(signed_in(request), now)
    ]
    context = frame(request, "radio-channels") | {"rows": rows, "fresh": fresh}
    return render(request, "radio/channels.html", context)


def _channel(request: HttpRequest, code: str) -> Channel:
    found = Channel.objects.visible_to(signed_in(request)).filter(code=code).first()
    if found is None:
        raise Http404
    return found


def _chosen(rack: list[Shelf], code: str) -> Shelf | None:
    if code:
        wanted = next((shelf for shelf in rack if shelf.channel.code == code), None)
        if wanted is None:
            raise Http404
        return wanted
    heard = [shelf for shelf in rack if shelf.is_heard]
    unread = [shelf for shelf in heard if shelf.unread]
    return next(iter(unread or heard or rack), None)


def _rack(rack: list[Shelf], current: Channel | None, now: datetime) -> dict[str, Any]:
    return {
        "heard": [shelf for shelf in rack if shelf.subscription],
        "others": [shelf for shelf in rack if not shelf.subscription],
        "current_channel": current,
        "rack_day": rules.shanghai_day(now),
    }
