"""What leaves the house, and what may become of it: the same words for every medium."""

from dataclasses import dataclass
from typing import Any

SENT, AGAIN, NEVER, GONE = "sent", "again", "never", "gone"


@dataclass(frozen=True)
class Message:
    """One notification as it is sent: its words are masked and in the person's language.

    ``title`` and ``body`` are what a locked screen may show; ``url`` is a path of ours. ``key`` is
    the same however often it is tried, so that the receiver can tell a second try from a second
    message; messages with one ``tag`` replace each other.
    """

    key: str
    tag: str
    kind: str
    title: str
    body: str
    url: str
    language: str
    urgent: bool = False


@dataclass(frozen=True)
class Outcome:
    """What the other side said.

    ``sent``; ``again`` (trouble that may pass, ``wait_seconds`` when they said how long); ``never``
    (this message will not go); ``gone`` (nobody is at this address any more). ``answer`` is their
    own words, for the log; ``kept`` is what a simulated provider wants remembered.
    """

    verdict: str
    answer: str = ""
    wait_seconds: int = 0
    kept: dict[str, Any] | None = None
