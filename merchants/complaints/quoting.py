"""Messages a complaint rests on: the app that has talks says which there are, and how they read.

Merchants know no talks; whoever does registers one function here (tickets does).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from common.errors import DomainError


@dataclass(frozen=True)
class Quoted:
    """One message as it stands now, already masked."""

    conversation_no: str
    seq: int
    author: str
    said_at: datetime
    body: str


Finder = Callable[[str, str, Sequence[int]], Iterable[Quoted]]
_finders: list[Finder] = []


def quotes_by(finder: Finder) -> Finder:
    """Register ``find(order_no, conversation_no, seqs)``: those of the messages that are there.

    Only messages of a talk about that very order; what was recalled is not there.
    """
    _finders[:] = [finder]
    return finder


def quoted(order_no: str, wanted: dict[str, list[int]], *, most: int) -> list[Quoted]:
    """Return the messages of talks about ``order_no``: by number of the talk, the numbers in it.

    Raises ``complaint.too_many_quotes`` and ``complaint.unknown_quote`` (details name it): a message
    that is not there, or of a talk about something else, is told apart for nobody.
    """
    if sum(len(set(seqs)) for seqs in wanted.values()) > most:
        raise DomainError(
            "complaint.too_many_quotes", _("That many messages cannot be quoted."), most=most
        )
    found: list[Quoted] = []
    for number, seqs in wanted.items():
        asked = sorted(set(seqs))
        there = [one for finder in _finders for one in finder(order_no, number, asked)]
        missing = sorted(set(asked) - {one.seq for one in there})
        if missing:
            raise DomainError(
                "complaint.unknown_quote",
                _("There is no message %(seq)s in %(talk)s about this order.")
                % {"seq": missing[0], "talk": number[:40]},
                conversation=number[:40],
                seq=missing[0],
            )
        found += there
    return found
