"""Tags and filters of the design system: icons, clocks, tiers, avatars, times, money."""

from datetime import datetime
from decimal import Decimal
from functools import cache
from hashlib import blake2s
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.template.context import Context
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _

from common import words
from common.rules import SHANGHAI

register = template.Library()

THEMES = ("light", "dark")
THEME_COOKIE = "theme"
TIERS = ("new", "normal", "super", "vip88", "apass")
SEVERITIES = ("red", "orange", "yellow")


@cache
def icon_names() -> frozenset[str]:
    """Return the names the sprite knows."""
    text = (Path(settings.BASE_DIR) / "static/icons/sprite.svg").read_text(encoding="utf-8")
    return frozenset(part.split('"', 1)[0] for part in text.split('<symbol id="')[1:])


@register.simple_tag
def icon(name: str, css: str = "", label: str = "") -> SafeString:
    """Draw one icon; with ``label`` it is read aloud, without it is hidden from screen readers.

    Raises ``TemplateSyntaxError`` for a name the sprite does not know.
    """
    if name not in icon_names():
        raise template.TemplateSyntaxError(f"no icon called {name!r}")
    hidden = SafeString('aria-hidden="true"')
    reading = format_html('role="img" aria-label="{}"', label) if label else hidden
    return format_html(
        '<svg class="icon{}" {}><use href="{}#{}"></use></svg>',
        f" {css}" if css else "",
        reading,
        staticfiles_storage.url("icons/sprite.svg"),
        name,
    )


@register.simple_tag
def seal(css: str = "") -> SafeString:
    """Draw the house's seal 「二」."""
    return format_html('<span class="seal{}">{}</span>', f" {css}" if css else "", icon("seal"))


@register.simple_tag(takes_context=True)
def html_attrs(context: Context) -> SafeString:
    """Return the page's ``lang``, and ``data-theme`` when this person chose one.

    The choice travels in a cookie so that the first paint already has it.
    """
    locale = to_locale(get_language() or settings.LANGUAGE_CODE).replace("_", "-")
    attrs = [("lang", locale)]
    request = context.get("request")
    theme = request.COOKIES.get(THEME_COOKIE, "") if request is not None else ""
    if theme in THEMES:
        attrs.append(("data-theme", theme))
    return format_html_join(" ", '{}="{}"', attrs)


@cache
def _catalogue_version() -> str:
    digest = blake2s(digest_size=6)
    for folder in ("locale", "*/locale"):
        for path in sorted(Path(settings.BASE_DIR).glob(f"{folder}/*/LC_MESSAGES/djangojs.mo")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


@register.simple_tag
def catalogue_url() -> str:
    """Return the address of the scripts' words: one per language and release, so it may be kept."""
    return f"{reverse('javascript-catalog')}?{get_language()}.{_catalogue_version()}"


@register.simple_tag
def server_now() -> str:
    """Return the server's moment in ISO 8601, from which pages correct their clocks."""
    return timezone.now().isoformat(timespec="milliseconds")


@register.simple_tag
def clock(
    due_at: datetime,
    started_at: datetime,
    what: str = "",
    *,
    paused: bool = False,
    awaited: str = "",
    warn_at: datetime | None = None,
    urgent_at: datetime | None = None,
    announce: str = "",
    stick: bool = True,
    wait: bool = False,
    now: datetime | None = None,
) -> SafeString:
    """Draw one stick of incense for a promise; ``static/js/clock.js`` lets it burn.

    ``what`` is said before the digits, ``awaited`` names who is awaited while paused, ``wait`` adds
    the elapsed wait, ``announce`` is what a screen reader hears at the thresholds.
    """
    moment = now or timezone.now()
    face = words.clock_face(
        started_at=started_at,
        due_at=due_at,
        now=moment,
        warn_at=warn_at,
        urgent_at=urgent_at,
        paused=paused,
    )
    data = {
        "data-due": due_at.isoformat(),
        "data-start": started_at.isoformat(),
        "data-warn": warn_at.isoformat() if warn_at else "",
        "data-urgent": urgent_at.isoformat() if urgent_at else "",
        "data-paused": "1" if paused else "",
        "data-announce": announce,
    }
    attrs = format_html_join("", ' {}="{}"', [(key, value) for key, value in data.items() if value])
    pieces = [
        SafeString('<span class="clock__stick" aria-hidden="true"></span>') if stick else "",
        format_html('<span class="clock__what">{}</span>', what) if what else "",
        format_html(
            '<time class="clock__left" datetime="{}">{}</time>',
            due_at.isoformat(),
            face.words,
        ),
        format_html('<span class="clock__more">{}</span>', _("waiting for %s") % awaited)
        if paused and awaited
        else "",
        waited(started_at, now=moment) if wait and not paused else "",
    ]
    return format_html(
        '<span class="clock is-{}" data-clock{}>{}</span>',
        face.state,
        attrs,
        format_html_join("", "{}", [(piece,) for piece in pieces if piece]),
    )


@register.simple_tag
def waited(since: datetime, *, now: datetime | None = None) -> SafeString:
    """Draw how long somebody has been waiting since ``since``, counting up."""
    span = words.span_words(((now or timezone.now()) - since).total_seconds())
    return format_html(
        '<time class="clock__wait" data-since="{}" datetime="{}">{}</time>',
        since.isoformat(),
        since.isoformat(),
        _("waiting %(span)s") % {"span": span},
    )


@register.simple_tag
def tier(code: str) -> SafeString:
    """Draw the pill of a member's tier; nothing for a code that is none."""
    names = {
        "new": _("New · guided"),
        "normal": _("Normal"),
        "super": _("Super"),
        "vip88": "88VIP",
        "apass": "APASS",
    }
    if code not in names:
        return SafeString("")
    return format_html('<span class="pill pill--{}">{}</span>', code, names[code])


@register.simple_tag
def severity(code: str, label: str = "") -> SafeString:
    """Draw a severity: diamond, triangle or disc, always with its word."""
    names = {"red": _("Red"), "orange": _("Orange"), "yellow": _("Yellow")}
    return format_html('<span class="sev sev--{}">{}</span>', code, label or names[code])


@register.simple_tag
def avatar(name: str, kind: str = "member", css: str = "", presence: str = "") -> SafeString:
    """Draw a person's first character; ``kind`` is member, agent or bot."""
    inside = icon("bot") if kind == "bot" else words.initial_of(name)
    dot = (
        format_html('<span class="avatar__presence" data-presence="{}"></span>', presence)
        if presence
        else ""
    )
    return format_html(
        '<span class="avatar avatar--{}{}" aria-hidden="true">{}{}</span>',
        kind,
        f" {css}" if css else "",
        inside,
        dot,
    )


@register.simple_tag
def kbd(key: str) -> SafeString:
    """Show the key that does the same."""
    return format_html('<kbd class="kbd">{}</kbd>', key)


@register.filter
def money(amount: Decimal | int | str | None) -> str:
    """Say an amount of CNY; 「—」 when there is none."""
    return "—" if amount is None or amount == "" else words.money_words(amount)


@register.filter
def last_day(end: datetime) -> str:
    """Say the last day of what ends at ``end``."""
    return words.last_day_words(end)


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """Say a moment as people do, the exact one one hover away; 「—」 when there is none."""
    if value is None:
        return "—"
    local = value.astimezone(SHANGHAI)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        f"{local:%Y-%m-%d %H:%M:%S}",
        words.moment_words(value, now=timezone.now()),
    )


@register.filter
def long_date(value: datetime) -> str:
    """Say the date with its weekday."""
    return words.date_words(value)


@register.filter
def span(seconds: float) -> str:
    """Say a span of seconds."""
    return words.span_words(seconds)


@register.filter
def field_id(bound: Any) -> str:
    """Return the id of a bound field's input, for labels and the error summary."""
    return str(bound.id_for_label or bound.auto_id)
