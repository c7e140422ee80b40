"""One search for everything: what is found, by whom, and how it is shown.

Apps declare a :class:`SearchKind` in their ``search.py`` (found by itself). What a kind's things say
is kept as *lines* (``common.models.SearchLine``): folded, simplified text beside the things, with an
index over pairs of characters, so that two characters are found and traditional equals simplified.
Triggers note every change in a queue, in the same transaction; the clock writes the lines a moment
later (``common.search.indexing``), and a search looks into the queue as well, so that nothing is
missed in between. Which rows a person may see is part of every statement.
"""

from common.search.finding import Group, found_keys, search, searched_rows
from common.search.kinds import Hit, LinedKind, SearchKind, kinds, kinds_for, register
from common.search.query import Query, parse
from common.search.snippets import Snippet, snippet_of
from common.search.words import normalise, sounds_of

__all__ = [
    "Group",
    "Hit",
    "LinedKind",
    "Query",
    "SearchKind",
    "Snippet",
    "found_keys",
    "kinds",
    "kinds_for",
    "normalise",
    "parse",
    "register",
    "search",
    "searched_rows",
    "snippet_of",
    "sounds_of",
]
