"""How the radio shows what is hidden."""

import re

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

register = template.Library()

_STARS = re.compile(r"\*+")


@register.filter
def blacked_out(text: str) -> SafeString:
    """Draw every run of stars as a black bar; a screen reader hears that something is hidden."""
    bar = '<span class="blackout" role="img" aria-label="{}">{}</span>'
    hidden = escape(_("hidden"))
    # Escaped before the bars are put in: nothing of the text can become markup.
    return mark_safe(_STARS.sub(lambda run: bar.format(hidden, run[0]), escape(text)))
