"""How the radio shows what is hidden."""

import re

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()

_STARS = re.compile(r"(\*+)")
_BAR = '<span class="blackout" role="img" aria-label="{}">{}</span>'


@register.filter
def blacked_out(text: str) -> SafeString:
    """Draw every run of stars as a black bar; a screen reader hears that something is hidden."""
    pieces = _STARS.split(text)
    return format_html_join(
        "",
        "{}",
        (
            (format_html(_BAR, _("hidden"), piece) if piece[:1] == "*" else piece,)
            for piece in pieces
        ),
    )
