"""Who sees what of a member: the one rule behind every page, list, export and answer.

A member's own data is plain to the member. To everybody else in the house it is masked, whatever
their role: plain is only what they reveal, one field at a time, with a reason
(:func:`accounts.actions.reveal`). What is said in a conversation is read whole by its two parties
and masked by everyone else.
"""

from collections.abc import Callable, Iterable, Sequence

from accounts.models import Member, User
from common.masking import (
    mask_address,
    mask_email,
    mask_name,
    mask_phone,
    mask_region,
    mask_text,
    mask_texts,
)

MASKS: dict[str, Callable[[str], str]] = {
    "name": mask_name,
    "phone": mask_phone,
    "region": mask_region,
    "address": mask_address,
    "email": mask_email,
    "text": mask_text,
}
"""How each kind of personal data looks to somebody who may not see it whole."""


def shown(kind: str, value: str, *, to: User | None, own: int | None = None) -> str:
    """Return ``value`` as the person ``to`` may read it; ``own`` is the account whose data it is.

    ``kind`` is a key of :data:`MASKS`. None for ``to`` is a reader nobody knows: masked.
    """
    is_own = to is not None and own is not None and to.pk == own
    return value if is_own else MASKS[kind](value)


def shown_member(member: Member, *, to: User) -> dict[str, str]:
    """Return name, phone and region of ``member`` as ``to`` may read them.

    Who has no name is called by their number, which is no secret of theirs.
    """
    name = shown("name", member.display_name, to=to, own=member.user_id)
    return {
        "name": name or member.member_no,
        "phone": shown("phone", member.phone, to=to, own=member.user_id),
        "region": shown("region", member.region, to=to, own=member.user_id),
    }


def shown_texts(texts: Iterable[str], *, is_party: bool, names: Sequence[str] = ()) -> list[str]:
    """Return what was said as a reader sees it: whole to a party of the conversation, else masked.

    ``names`` are the real names of the people it is about. Order numbers of the house stay.
    """
    return list(texts) if is_party else mask_texts(texts, names=names)


def names_of(member: Member | None) -> list[str]:
    """Return the real names of ``member`` that texts about them may hold."""
    if member is None:
        return []
    account = member.user.display_name if member.user_id and member.user else ""
    return [name for name in dict.fromkeys((member.display_name, account)) if name]
