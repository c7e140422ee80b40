"""Cases of the radio as they are searched: by title, reason and quotes, all of them masked already."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.models import User
from common.ids import public_key
from common.models import SearchLine
from common.search import Hit, LinedKind, Query, normalise, register, snippet_of
from common.search.kinds import ADMIN, Found, Key
from radio.models import Case, CaseLine, CaseState, Edition, EditionItem


@register
class CaseKind(LinedKind):
    """A case that an agent pushed."""

    name = "case"
    label = gettext_lazy("Cases")
    icon = "radio"
    position = 80
    thing = Case
    line = CaseLine
    columns = ("case_id",)
    types = (uuid.UUID,)
    scope = "case_id"
    has_sounds = False

    def is_for(self, user: User) -> bool:
        """Everybody who hears the radio."""
        return user.can("radio.read")

    def visible(self, user: User) -> QuerySet[Case]:
        """Return the cases ``user`` may see now."""
        return Case.objects.visible_to(user, timezone.now())

    def lines(self, keys: Sequence[Key]) -> list[SearchLine]:
        """Return what cases are found by."""
        rows = Case.objects.filter(pk__in=[key[0] for key in keys]).prefetch_related("quotes")
        return [
            CaseLine(case_id=case.pk, at=case.pushed_at, words=normalise_all(said_in(case)))
            for case in rows
        ]

    def show(self, user: User, found: Sequence[Found], query: Query, door: str) -> dict[Key, Hit]:
        """Say the title and what became of it; the words are cut from where they stand."""
        keys = [one.key[0] for one in found]
        rows: dict[Any, Case] = self.visible(user).prefetch_related("quotes").in_bulk(keys)
        out = self._editions(user, keys)
        hits = {}
        for one in found:
            if not (case := rows.get(one.key[0])):
                continue
            told = [text for text in said_in(case)[1:] if query.is_in(normalise(text))]
            hits[one.key] = Hit(
                kind=self.name,
                id=public_key("cas", case.pk),
                title=snippet_of(case.headline, query),
                line=str(CaseState(case.state).label),
                at=case.pushed_at,
                snippet=snippet_of(told[0], query) if told else None,
                url=self._address(case, user, door, out.get(case.pk)),
                facts={"case": public_key("cas", case.pk)},
            )
        return hits

    def _editions(self, user: User, cases: list[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
        """Return the newest edition of each case that ``user`` may read."""
        editions = Edition.objects.visible_to(user, timezone.now()).values("pk")
        items = EditionItem.objects.filter(case__in=cases, edition__in=editions)
        return dict(items.order_by("edition__publish_at").values_list("case_id", "edition_id"))

    def _address(self, case: Case, user: User, door: str, edition: uuid.UUID | None) -> str:
        if door == ADMIN:
            return reverse("admin:radio_case_change", args=[case.pk])
        if edition is not None:
            return reverse("radio-edition", args=[edition])
        if user.can("radio.screen"):
            return reverse("radio-kitchen-case", args=[case.pk])
        return reverse("radio-mine")


def said_in(case: Case) -> list[str]:
    """Return title, reason and quotes."""
    return [case.headline, case.reason, *(quote.body for quote in case.quotes.all())]


def normalise_all(texts: Sequence[str]) -> str:
    """Return the texts as they are searched, each on a line."""
    return "\n".join(normalise(text) for text in texts)
