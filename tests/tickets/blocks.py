"""Harassment of the cast: Mei harasses Bo, Lin confirms."""

from accounts.models import User
from tickets.actions.blocks import confirm_case
from tickets.actions.harassment import mark_harassment
from tickets.actions.posting import post_message
from tickets.models import AuthorKind, ContactBlock, Conversation, HarassmentCase


def said(talk: Conversation, user: User, body: str = "你等着", **fields) -> int:
    """Have the member say something; return its number."""
    return post_message(talk, by=user, author_kind=AuthorKind.MEMBER, body=body, **fields).seq


def marked(talk: Conversation, by: User, *, grade: int = 3, ground: str = "threat", now=None):
    """Have the owner mark a line of the member's; return the case."""
    seq = said(talk, talk.member.user)
    return mark_harassment(
        talk, grade=grade, ground=ground, reason="他说要找上门", quotes=[seq], by=by, now=now
    ).case


def blocked(
    talk: Conversation, agent: User, lead: User, *, has_request: bool = False, now=None
) -> ContactBlock:
    """Have the member blocked after a threat in ``talk``."""
    case: HarassmentCase = marked(talk, agent, now=now)
    return confirm_case(case, has_request=has_request, reason="属实", by=lead, now=now)
