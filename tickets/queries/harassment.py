"""What limits a member now, which warnings count, and the cases as people see them."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, QuerySet

from accounts.masks import names_of, shown, shown_texts
from accounts.models import User
from common.cursors import as_uuid, decode_cursor, encode_cursor
from common.ids import public_key
from common.parameters import value
from tickets.models import (
    Appeal,
    CaseState,
    ContactBlock,
    End,
    Grade,
    Ground,
    HarassmentCase,
    Message,
)
from tickets.queries.parties import Parties
from tickets.rules import harassment as rules

QUOTED_CHARACTERS = 200
LATEST = 5
MOST_BLOCKS = 50


def limits_in_force(member_id: int, now: datetime) -> rules.Limits | None:
    """Return what is limited for the member at ``now``; None for nearly everybody."""
    running = ContactBlock.objects.running().filter(member_id=member_id)
    return rules.limits_of(
        (
            rules.Block(one.until, one.text_only, one.slow_seconds, one.no_new)
            for one in running.only("until", "text_only", "slow_seconds", "no_new")
        ),
        now,
    )


@dataclass(frozen=True)
class Warned:
    """The highest warning that counts (0 for none), and when the last one was given."""

    grade: int
    at: datetime | None


def last_warning(member_id: int, now: datetime) -> Warned:
    """Return which warning counts at ``now``; a dismissed one never does.

    After a confirmed case one begins at the first warning again: the next block is longer anyway.
    """
    since = now - value("harassment.warning_window", now)
    cases = HarassmentCase.objects.filter(member_id=member_id)
    ended = cases.filter(grade=Grade.END, state__in=[CaseState.CONFIRMED, CaseState.ENDED])
    last_end = ended.aggregate(at=Max("decided_at"))["at"]
    counting = cases.filter(
        grade__in=[Grade.WARN, Grade.WARN_AGAIN],
        state=CaseState.MARKED,
        marked_at__gt=max(since, last_end) if last_end else since,
        marked_at__lte=now,
    )
    found = counting.aggregate(highest=Max("grade"), at=Max("marked_at"))
    return Warned(found["highest"] or 0, found["at"])


def earlier_blocks(member_id: int, now: datetime) -> int:
    """Return how many blocks make the next one longer: those lately, without those taken back."""
    since = now - value("harassment.blocks_count_for", now)
    blocks = ContactBlock.objects.filter(member_id=member_id, since__gt=since)
    return blocks.exclude(ended_why=End.APPEAL).count()


def may_appeal(block: ContactBlock, now: datetime) -> bool:
    """Tell whether the member can still appeal ``block``."""
    return rules.may_appeal(
        decided_at=block.since,
        appealed=block.appeal != Appeal.NONE,
        window=value("harassment.appeal_window", block.since),
        now=now,
    )


def blocks_of(user: User) -> QuerySet[ContactBlock]:
    """Return the blocks of the member that ``user`` is, newest first."""
    return ContactBlock.objects.of_member_of(user).select_related("case").order_by("-id")


def block_card(block: ContactBlock, now: datetime) -> dict[str, Any]:
    """Return a block as the member sees it: what, why in plain words, until when, how to appeal."""
    running = block.is_running and block.until > now
    return {
        "id": block.public_key,
        "is_running": running,
        "since": block.since,
        "until": block.until,
        "ended_at": block.ended_at,
        "ended_why": str(block.get_ended_why_display()) if block.ended_why else "",
        "text_only": block.text_only,
        "slow_seconds": block.slow_seconds,
        "no_new": block.no_new,
        "ground": block.case.ground,
        "ground_label": str(Ground(block.case.ground).label),
        "appeal": block.appeal,
        "appeal_label": str(Appeal(block.appeal).label),
        "appeal_text": block.appeal_text,
        "appeal_answer": block.appeal_answer,
        "may_appeal": may_appeal(block, now),
        "appeal_until": block.since + value("harassment.appeal_window", block.since),
    }


def member_cards(user: User, now: datetime) -> list[dict[str, Any]]:
    """Return ``user``'s own blocks as they see them, newest first."""
    return [block_card(block, now) for block in blocks_of(user)[:MOST_BLOCKS]]


def case_page(
    user: User, *, state: str = "", cursor: str = "", limit: int = 30
) -> tuple[list[dict[str, Any]], str]:
    """Return a page of the cases ``user`` may see, newest first, and the next cursor.

    ``state`` "waiting" is what waits for a second person. Raises ``cursor.bad``.
    """
    rows = HarassmentCase.objects.visible_to(user)
    rows = rows.to_confirm() if state == "waiting" else rows
    if cursor:
        (last,) = decode_cursor(cursor, as_uuid)
        rows = rows.filter(pk__lt=last)
    found = list(_whole(rows).order_by("-id")[: limit + 1])
    page = found[:limit]
    return case_cards(page, user), encode_cursor([page[-1].pk]) if len(found) > limit else ""


def case_card(case: HarassmentCase, user: User) -> dict[str, Any]:
    """Return one case as ``user`` sees it."""
    found = _whole(HarassmentCase.objects.filter(pk=case.pk)).get()
    return case_cards([found], user)[0]


def latest_cases(member_id: int, user: User) -> list[dict[str, Any]]:
    """Return the member's newest cases that ``user`` may see, for the panel beside a talk."""
    rows = HarassmentCase.objects.visible_to(user).filter(member_id=member_id)
    return case_cards(list(_whole(rows).order_by("-id")[:LATEST]), user)


def rest_offer(user: User, now: datetime) -> dict[str, Any] | None:
    """Return the rest that is offered to the agent ``user`` at ``now``, if any."""
    case = (
        HarassmentCase.objects.filter(marked_by=user, rest_until__gt=now, rest_taken_at=None)
        .order_by("-rest_until")
        .first()
    )
    return {"case": case.public_key, "until": case.rest_until} if case else None


def case_cards(cases: Iterable[HarassmentCase], user: User) -> list[dict[str, Any]]:
    """Return ``cases`` for staff, in two queries however many they are; words masked as elsewhere."""
    rows = list(cases)
    quotes = _quotes(rows)
    said = [(case, text) for case in rows for text in (case.reason, *quotes[case.pk])]
    parties = Parties(user)
    plain = parties.readable([(_party_row(case), text) for case, text in said])
    words: dict[uuid.UUID, list[str]] = {}
    for (case, _text), shown_text in zip(said, plain, strict=True):
        words.setdefault(case.pk, []).append(shown_text)
    return [_card(case, words[case.pk], user) for case in rows]


def quotes_masked(case: HarassmentCase) -> list[str]:
    """Return what was quoted, masked, for the back office."""
    texts = _quotes([case])[case.pk]
    return list(shown_texts(texts, is_party=False, names=names_of(case.member)))


def _whole(rows: QuerySet[HarassmentCase]) -> QuerySet[HarassmentCase]:
    return rows.select_related("conversation", "member__user", "marked_by", "decided_by", "block")


def _quotes(cases: list[HarassmentCase]) -> dict[uuid.UUID, list[str]]:
    wanted = {(case.conversation_id, seq) for case in cases for seq in case.quoted_seqs}
    said: dict[tuple[uuid.UUID, int], str] = {}
    if wanted:
        rows = Message.objects.filter(
            conversation_id__in={talk for talk, _seq in wanted},
            seq__in={seq for _talk, seq in wanted},
        )
        said = {
            (talk, seq): body[:QUOTED_CHARACTERS]
            for talk, seq, body in rows.values_list("conversation_id", "seq", "body")
        }
    return {
        case.pk: [said.get((case.conversation_id, seq), "") for seq in case.quoted_seqs]
        for case in cases
    }


def _party_row(case: HarassmentCase) -> dict[str, Any]:
    talk, member = case.conversation, case.member
    return {
        "team_id": talk.team_id,
        "owner_id": talk.owner_id,
        "first_owner_id": talk.first_owner_id,
        "member__user_id": member.user_id,
        "member__display_name": member.display_name,
        "member__user__display_name": member.user.display_name if member.user else "",
    }


def _card(case: HarassmentCase, words: list[str], user: User) -> dict[str, Any]:
    block = getattr(case, "block", None)
    waits = case.waits_for_confirmation
    return {
        "id": case.public_key,
        "conversation": public_key("cnv", case.conversation_id),
        "conversation_no": case.conversation.conversation_no,
        "member": shown("name", case.member.display_name, to=user, own=case.member.user_id)
        or case.member.member_no,
        "grade": case.grade,
        "grade_label": str(Grade(case.grade).label),
        "ground": case.ground,
        "ground_label": str(Ground(case.ground).label),
        "state": case.state,
        "state_label": str(CaseState(case.state).label),
        "reason": words[0],
        "quotes": words[1:],
        "marked_by": _person(case.marked_by),
        "marked_at": case.marked_at,
        # Who of us decided is not a partner's to know.
        "decided_by": _person(case.decided_by)
        if case.decided_by and not user.is_partner_agent
        else None,
        "decided_at": case.decided_at,
        "limited_until": block.until if block and block.is_running else None,
        "may_decide": waits and user.can("harassment.confirm") and user.pk != case.marked_by_id,
    }


def _person(user: User) -> dict[str, str]:
    return {"id": user.public_key, "name": user.display_name}
