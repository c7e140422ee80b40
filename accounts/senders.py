"""How a code gets to a phone: one small interface, whatever company carries the texts.

``XIAOER_CODE_SENDER`` names the class, by dotted path, or is ``simulated`` or ``none``. A sender is
made anew for each text and says what went wrong by raising ``NotSent``; the task is tried again.
"""

from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from accounts.models import SentText


class NotSent(Exception):
    """The provider did not take the text; trying again may help."""


class Sender(Protocol):
    """A provider of text messages."""

    def send(self, phone: str, text: str) -> None:
        """Hand ``text`` for ``phone`` to the provider. Raises ``NotSent``."""
        ...


class SimulatedSender:
    """Keeps texts where the demo world's operations read them; nothing leaves the house."""

    def send(self, phone: str, text: str) -> None:
        """Put the text into the list of simulated texts."""
        SentText.objects.create(phone=phone, text=text)


_NAMED = {"simulated": "accounts.senders.SimulatedSender"}


def is_open() -> bool:
    """Tell whether codes can be sent at all; without a provider nobody signs up by phone."""
    return settings.CODE_SENDER != "none"


def is_simulated() -> bool:
    """Tell whether texts stay in the house."""
    return settings.CODE_SENDER == "simulated"


def sender() -> Sender:
    """Return the provider that carries texts."""
    made: Sender = import_string(_NAMED.get(settings.CODE_SENDER, settings.CODE_SENDER))()
    return made
