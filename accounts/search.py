"""Members as staff search them: by number and by what a masked name shows.

What is masked is found whole or not at all, and only by who may reveal it: a caller says their name
or phone, and typing it tells nobody anything new; parts of it would let it be guessed piece by piece.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy

from accounts.masks import shown_member
from accounts.models import Member, MemberLine, Tier, User
from common.masking import mask_name
from common.models import SearchLine
from common.search import Hit, LinedKind, Query, normalise, register, snippet_of, sounds_of
from common.search.kinds import ADMIN, Found, Key, talks_about
from common.search.words import full_sounds_of

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
PHONE_DIGITS = 7


@register
class MemberKind(LinedKind):
    """A member: by number, by the shown part of the name and its pinyin; by whole name or phone."""

    name = "member"
    label = gettext_lazy("Members")
    icon = "user"
    position = 40
    thing = Member
    line = MemberLine
    columns = ("member_id",)
    types = (int,)
    scope = "member_id"
    number = "member_no"

    def is_for(self, user: User) -> bool:
        """Our desk and the back office."""
        return user.can("customers.look_up") or user.can("tickets.see_all")

    def visible(self, user: User) -> QuerySet[Member]:
        """Return the members ``user`` may see at work."""
        return Member.objects.for_work_of(user)

    def sees_hidden(self, user: User) -> bool:
        """Tell whether ``user`` may reveal names and phones, and so find by whole ones."""
        return user.can("personal_data.reveal")

    def lines(self, keys: Sequence[Key]) -> list[SearchLine]:
        """Return what members are found by; a name in two forms, masked and whole."""
        rows = Member.objects.filter(pk__in=[key[0] for key in keys])
        lines: list[SearchLine] = []
        for member in rows.only("pk", "member_no", "display_name", "registered_at"):
            name = member.display_name
            # Typed without its stars, a masked name is the characters that it shows.
            shown = "" if name.isascii() else mask_name(name).replace("*", "")
            said = filter(None, [member.member_no, mask_name(name), shown])
            whole = sorted({"".join(normalise(name).split()), *full_sounds_of(name)} - {""})
            lines.append(
                MemberLine(
                    member_id=member.pk,
                    at=member.registered_at or NEVER,
                    words="\n".join(map(normalise, said)),
                    sounds=sounds_of(shown, is_person=True) if len(shown) > 1 else "",
                    hidden=f" {' '.join(whole)} " if whole else "",
                )
            )
        return lines

    def exact(self, user: User, query: Query) -> list[Key]:
        """Return the member of the number, and of the whole phone."""
        found = super().exact(user, query)
        digits = query.text.translate(_SEPARATORS)
        if self.sees_hidden(user) and digits.lstrip("+").isdigit() and len(digits) >= PHONE_DIGITS:
            phones = self.visible(user).filter(phone__in={query.text, digits})
            found += [(pk,) for pk in phones.values_list("pk", flat=True)[:5]]
        return list(dict.fromkeys(found))

    def show(self, user: User, found: Sequence[Found], query: Query, door: str) -> dict[Key, Hit]:
        """Say name, number and tier; the name masked to whom it is."""
        rows: dict[Any, Member] = self.visible(user).in_bulk([one.key[0] for one in found])
        hits = {}
        for one in found:
            if not (member := rows.get(one.key[0])):
                continue
            person = shown_member(member, to=user)
            facts = [member.member_no, str(Tier(member.tier).label), person["region"]]
            hits[one.key] = Hit(
                kind=self.name,
                id=member.member_no,
                title=snippet_of(person["name"], query),
                line=" · ".join(filter(None, facts)),
                at=member.registered_at,
                url=reverse("admin:accounts_member_change", args=[member.pk])
                if door == ADMIN
                else talks_about(member.member_no, door),
                facts={"member_no": member.member_no},
            )
        return hits


_SEPARATORS = str.maketrans("", "", " -")
