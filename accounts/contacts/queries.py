"""What is shown of contacts: to colleagues, beside a talk, and to the member whose accounts they are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Contact, ContactIdentity, IdentityKind, Member


def joined_members(member: Member) -> list[Member]:
    """Return the other members that are the same person as ``member``, the oldest first.

    Never who works here: at the desk nobody learns that a member is somebody's employee. Who has
    asked to be erased is left out.
    """
    running = ContactIdentity.objects.running()
    contacts = running.filter(member=member).values("contact")
    keys = running.filter(contact__in=contacts, member__isnull=False).values("member")
    found = Member.objects.filter(pk__in=keys, hidden_at=None, erased_at=None)
    return list(found.exclude(pk=member.pk).order_by("pk"))


def also_known_as(member: Member) -> list[str]:
    """Return the member numbers under which the person of ``member`` is here besides."""
    return [other.member_no for other in joined_members(member)]


@dataclass(frozen=True)
class Join:
    """An account that is, or was, one with a member's: in the member's words."""

    what: str
    since: datetime
    until: datetime | None


def joins_of(member: int) -> list[Join]:
    """Return what was joined with ``member`` and when, the newest first.

    Their other members by number; an account that works here without its name: whoever was joined
    by mistake learns no more than that.
    """
    own = ContactIdentity.objects.filter(member=member).order_by("-pk")
    joins = []
    for period in own:
        others = ContactIdentity.objects.filter(contact=period.contact_id).exclude(member=member)
        for other in others.select_related("member").order_by("-pk"):
            since = max(period.since, other.since)
            ends = [end for end in (period.until, other.until) if end is not None]
            until = min(ends, default=None)
            # Who left before the other came was never joined with them.
            if until is None or until > since:
                joins.append(Join(_called(other), since, until))
    return joins


@dataclass(frozen=True)
class IdentityLine:
    """One identity on the page of a contact."""

    identity: ContactIdentity
    title: str


def identity_lines(contact: Contact) -> list[IdentityLine]:
    """Return everybody who is or was of ``contact``, who is first; masked as everywhere."""
    rows: Any = contact.identities.select_related("member", "user").order_by("until", "pk")
    return [IdentityLine(row, title_of_identity(row)) for row in rows]


def title_of_identity(row: ContactIdentity) -> str:
    """Return how colleagues call an identity: a number and a masked name, or an account."""
    if row.member is not None:
        return row.member.shown_name
    return f"{row.user.username} {row.user.shown_name}" if row.user is not None else ""


def _called(row: ContactIdentity) -> str:
    if row.kind == IdentityKind.MEMBER and row.member is not None:
        return _("Member %(no)s") % {"no": row.member.member_no}
    return _("An account you work with")
