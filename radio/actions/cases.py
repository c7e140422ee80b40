"""Cases: pushed by an agent, screened by somebody else, once."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions import notify, user_topic
from accounts.actions.asking import refuse_own_case
from accounts.models import User
from common import parameters
from common.errors import DomainError, Forbidden, NotFound
from common.history import record
from common.masking import mask_name, mask_region, mask_text
from common.push import push
from common.text import clean
from radio import rules
from radio.actions.editions import KITCHEN, next_with_room
from radio.models import Case, CaseQuote, CaseState, Channel, EditionItem, Severity
from radio.webhooks import tell_case
from tickets.models import AuthorKind, Conversation, Message, MessageKind


@transaction.atomic
def submit_case(
    conversation: Conversation,
    *,
    reason: str,
    by: User,
    quotes: Sequence[int] = (),
    headline: str = "",
    now: datetime | None = None,
) -> tuple[Case, bool]:
    """Push ``conversation`` to the kitchen; return the case and whether this call made it.

    The second push of a conversation, by whomever, returns the first case unchanged. ``quotes``
    are message numbers of this very conversation. Everything kept is masked: reason, headline,
    quotes, names. Raises ``radio.may_not_submit``, ``conversation.not_found``,
    ``case.too_many_quotes``, ``case.no_such_message`` and ``case.cannot_quote``.
    """
    if not by.can("radio.submit_case"):
        raise Forbidden(_("Only agents push cases to the radio."), code="radio.may_not_submit")
    seen = Conversation.objects.for_work_of(by).select_related("member__user", "order")
    found = seen.filter(pk=conversation.pk).first()
    if found is None:
        raise NotFound(
            "conversation.not_found", _("No such conversation, or it is not yours to see.")
        )
    first = Case.objects.filter(conversation=found).first()
    if first is not None:
        return first, False
    moment = now or timezone.now()
    spoken = _quoted(found, quotes)
    hide = _Hider(found, spoken)
    why = hide(clean(reason, max_chars=rules.REASON_CHARACTERS))
    title = clean(
        headline, max_chars=rules.SUGGESTED_CHARACTERS, single_line=True, required=False
    ) or rules.first_sentence(found.subject or why, rules.HEADLINE_CHARACTERS)
    case = Case(
        conversation=found,
        headline=hide(title)[: rules.SUGGESTED_CHARACTERS],
        reason=why[: rules.REASON_CHARACTERS],
        member_region=mask_region(found.member.region) if found.member else "",
        member_tier=found.member.tier if found.member else "",
        pushed_by=by,
        pushed_at=moment,
    )
    # Two agents at once: the second insert waits for the first and then does nothing.
    Case.objects.bulk_create([case], ignore_conflicts=True)
    kept = Case.objects.get(conversation=found)
    if kept.pk != case.pk:
        return kept, False
    CaseQuote.objects.bulk_create(
        CaseQuote(
            case=kept,
            seq=message.seq,
            speaker_kind=message.author_kind,
            speaker_name=mask_name(message.author_name),
            body=hide(message.body),
            said_at=message.sent_at,
        )
        for message in spoken
    )
    record(
        kept,
        "case.submitted",
        by=by,
        after={
            "conversation": found.pk,
            "headline": kept.headline,
            "quotes": [message.seq for message in spoken],
        },
        reason=kept.reason,
        at=moment,
    )
    push(KITCHEN, "case.submitted", case=kept.public_key)
    tell_case(kept, "case.submitted")
    push(found.notes_topic, "case.submitted", case=kept.public_key, conversation=found.public_key)
    return kept, True


@transaction.atomic
def select_case(
    case: Case,
    *,
    channels: Sequence[Channel],
    headline: str,
    by: User,
    severity: str = "",
    reason: str = "",
    now: datetime | None = None,
) -> list[EditionItem]:
    """Put ``case`` into the next edition of each of ``channels`` that is not out and has room.

    ``reason`` goes into the history. Raises ``radio.not_screener``, ``radio.own_case``, ``case.already_screened``,
    ``case.no_channel``, ``case.no_headline``, ``case.headline_too_long`` and
    ``case.unknown_severity``.
    """
    case = _screened_by(by, case)
    title = clean(headline, max_chars=200, single_line=True, required=False)
    if not title:
        raise DomainError("case.no_headline", _("Give the case a title."))
    if len(title) > rules.HEADLINE_CHARACTERS:
        raise DomainError(
            "case.headline_too_long",
            _("A title has at most %(limit)s characters; this one has %(length)s.")
            % {"limit": rules.HEADLINE_CHARACTERS, "length": len(title)},
            limit=rules.HEADLINE_CHARACTERS,
            length=len(title),
        )
    if severity and severity not in Severity.values:
        raise DomainError("case.unknown_severity", _("There is no such severity."))
    wanted = {channel.pk for channel in channels}
    # By number, as everywhere: two screeners with overlapping channels wait, never lock each other.
    locked = list(
        Channel.objects.filter(pk__in=Channel.objects.visible_to(by).on_air().values("pk"))
        .filter(pk__in=wanted)
        .order_by("pk")
        .select_for_update()
    )
    if not wanted or len(locked) != len(wanted):
        raise DomainError("case.no_channel", _("Choose at least one channel that is on air."))
    # Asked after the locks: who waited past nine o'clock is in the following edition.
    moment = now or timezone.now()
    before = {"state": case.state, "headline": case.headline}
    hide = _Hider(case.conversation)
    _decide(
        case,
        CaseState.SELECTED,
        by,
        moment,
        headline=hide(title),
        severity=severity,
    )
    items = []
    for channel in locked:
        edition = next_with_room(channel, now=moment)
        last = edition.items.order_by("-position").values_list("position", flat=True).first()
        items.append(
            EditionItem.objects.create(edition=edition, case=case, position=(last or 0) + 1)
        )
    record(
        case,
        "case.selected",
        by=by,
        before=before,
        after={
            "state": case.state,
            "headline": case.headline,
            "severity": severity,
            "editions": [item.edition_id for item in items],
        },
        reason=hide(reason),
        at=moment,
    )
    _tell(case, "case.selected")
    return items


@transaction.atomic
def merge_case(
    case: Case, *, into: Case, by: User, reason: str = "", now: datetime | None = None
) -> Case:
    """Count ``case`` to ``into``, which is about the same thing; what was merged into it goes along.

    ``reason`` goes into the history. Raises ``radio.not_screener``, ``radio.own_case``, ``case.already_screened``,
    ``case.merge_into_itself`` and ``case.cannot_take_in``.
    """
    if case.pk == into.pk:
        raise DomainError("case.merge_into_itself", _("A case cannot be merged into itself."))
    # Both by number: two merges in opposite directions wait, never lock each other.
    list(Case.objects.filter(pk__in=[case.pk, into.pk]).order_by("pk").select_for_update())
    case = _screened_by(by, case)
    moment = now or timezone.now()
    target = Case.objects.visible_to(by, moment).filter(pk=into.pk).first()
    oldest = moment - parameters.value("radio.merge_window", moment)
    if target is None or not (
        target.state == CaseState.PENDING
        or (
            target.state == CaseState.SELECTED
            and target.screened_at
            and target.screened_at >= oldest
        )
    ):
        raise DomainError("case.cannot_take_in", _("That case cannot take in another one."))
    _decide(case, CaseState.MERGED, by, moment, merged_into=target)
    followers = list(case.merged.select_for_update())
    masked = _Hider(case.conversation)(reason)
    for follower in followers:
        follower.merged_into = target
        follower.save(update_fields=["merged_into"])
    for moved in [case, *followers]:
        record(moved, "case.merged", by=by, after={"into": target.pk}, reason=masked, at=moment)
        _tell(moved, "case.merged")
    return case


@transaction.atomic
def reject_case(case: Case, *, reason: str, by: User, now: datetime | None = None) -> Case:
    """Return ``case`` to who pushed it, with a reason they will read.

    Raises ``radio.not_screener``, ``radio.own_case``, ``case.already_screened`` and ``case.no_reason``.
    """
    case = _screened_by(by, case)
    why = clean(reason, max_chars=rules.REASON_CHARACTERS, required=False)
    if not why:
        raise DomainError("case.no_reason", _("Write why; the person who pushed it will read it."))
    why = _Hider(case.conversation)(why)
    moment = now or timezone.now()
    _decide(case, CaseState.REJECTED, by, moment, reject_reason=why)
    record(
        case,
        "case.rejected",
        by=by,
        before={"state": CaseState.PENDING},
        after={"state": CaseState.REJECTED},
        reason=why,
        at=moment,
    )
    for told in [case, *case.merged.select_related("pushed_by")]:
        _tell(told, "case.rejected", why)
    return case


def _screened_by(by: User, case: Case) -> Case:
    """Lock ``case`` and refuse unless ``by`` may decide on it now."""
    if not by.can("radio.screen"):
        raise Forbidden(_("Only screeners decide in the kitchen."), code="radio.not_screener")
    locked = (
        Case.objects.select_for_update(of=("self",))
        .select_related(
            "screened_by", "pushed_by", "conversation__member__user", "conversation__order"
        )
        .get(pk=case.pk)
    )
    refuse_own_case(locked.conversation.member_id, by)
    if locked.pushed_by_id == by.pk:
        raise DomainError("radio.own_case", _("You pushed this one; somebody else screens it."))
    if CaseState.SELECTED not in rules.MOVES[locked.state]:
        who = locked.screened_by.display_name if locked.screened_by else ""
        raise DomainError(
            "case.already_screened",
            _("%(who)s has decided on this one already: %(state)s.")
            % {"who": who, "state": locked.get_state_display()},
            by=who,
            state=locked.state,
        )
    return locked


def _decide(case: Case, state: CaseState, by: User, at: datetime, **fields: object) -> None:
    case.state, case.screened_by, case.screened_at = state, by, at
    for name, value in fields.items():
        setattr(case, name, value)
    case.save(update_fields=["state", "screened_by", "screened_at", *fields])


FATES = {
    "case.selected": _("Your case goes on air: %(headline)s"),
    "case.merged": _("Your case was put to another one about the same: %(headline)s"),
    "case.rejected": _("Your case came back: %(headline)s"),
}


def _tell(case: Case, event: str, why: str = "") -> None:
    """Tell the kitchen, and the person who pushed the case."""
    push(KITCHEN, event, case=case.public_key)
    push(user_topic(case.pushed_by), event, case=case.public_key)
    tell_case(case, event)
    notify(
        case.pushed_by,
        "case.fate",
        title=FATES[event],
        body=why,
        words={"headline": case.headline},
        url=reverse("radio-mine"),
        subject=case,
        dedupe=event,
    )


def _quoted(conversation: Conversation, seqs: Sequence[int]) -> list[Message]:
    wanted = sorted(set(seqs))
    most = parameters.value("radio.max_quotes")
    if len(wanted) > most:
        raise DomainError(
            "case.too_many_quotes", _("At most %s lines can be quoted.") % most, limit=most
        )
    messages = list(conversation.messages.filter(seq__in=wanted).order_by("seq"))
    missing = sorted(set(wanted) - {message.seq for message in messages})
    if missing:
        raise DomainError(
            "case.no_such_message", _("A quoted line is not in this conversation."), seqs=missing
        )
    mute = [
        message.seq
        for message in messages
        if message.recalled_at
        or message.kind != MessageKind.TEXT
        or message.author_kind == AuthorKind.SYSTEM
    ]
    if mute:
        raise DomainError(
            "case.cannot_quote", _("Only words can be quoted, and not those taken back."), seqs=mute
        )
    return messages


class _Hider:
    """Hides who the people of one conversation are, in any text about it."""

    def __init__(self, conversation: Conversation, spoken: Sequence[Message] = ()) -> None:
        member = conversation.member
        names = {message.author_name for message in spoken}
        if member is not None:
            names |= {member.display_name, member.user.display_name if member.user else ""}
        self.names = {name for name in names if name}
        self.numbers = {
            conversation.conversation_no,
            conversation.order.order_no if conversation.order else "",
            member.member_no if member else "",
        }

    def __call__(self, text: str) -> str:
        return rules.hide_numbers(mask_text(text, names=self.names), self.numbers)
