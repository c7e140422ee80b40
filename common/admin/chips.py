"""A state as the back office shows it: its words on the ground of a colour."""

from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString


class Chip(SafeString):
    """Words on ``colour``: success, info, warning or danger; grey without one.

    It is markup by itself, so that a list, a row's page and an export each show it without knowing it:
    what ``display(label=…)`` takes is drawn by lists alone, and a row's page would print the pair.
    """

    __slots__ = ()

    def __new__(cls, words: Any, colour: str = "") -> "Chip":
        drawn = render_to_string("unfold/helpers/label.html", {"text": words, "type": colour})
        return super().__new__(cls, drawn.strip())
