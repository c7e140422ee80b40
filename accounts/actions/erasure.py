"""Erasure in stages: hidden, then nameless, then deleted when no law wants the rest any longer."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import ProtectedError, RestrictedError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions.asking import refuse_own_case, require_reason
from accounts.actions.people import close_account, reopen_account
from accounts.actions.requests import locked_request, move_request
from accounts.models import (
    ErasureCertificate,
    LegalHold,
    Member,
    PersonalDataRequest,
    RequestKind,
    RequestState,
    Stage,
    User,
)
from accounts.personal_data import subject_of
from common.deadlines import drop_deadline, set_deadline
from common.errors import DomainError
from common.history import record
from common.ids import short_code
from common.parameters import value
from common.personal_data import stores
from common.rights import require_right

NAMELESS, ERASE = "personal_data.nameless", "personal_data.erase"
SLICE = 500
RETRY = timedelta(days=1)


@transaction.atomic
def begin_erasure(
    request: PersonalDataRequest, *, by: User | None, reason: str, now: datetime | None = None
) -> PersonalDataRequest:
    """Hide the member and close the account; what cannot be taken back comes some days later.

    Raises ``forbidden``, ``conflict.own_case``, ``request.no_reason``, ``request.not_this_kind``,
    ``request.cannot_move``, ``erasure.staff`` and ``erasure.running`` (details ``running``: what has
    to end first, a legal hold included).
    """
    require_right(by, "personal_data.handle")
    refuse_own_case(request.member_id, by)
    require_reason(reason, code="request.no_reason", message=_("Write how you checked it."))
    request = locked_request(request)
    if request.kind != RequestKind.ERASURE:
        raise DomainError("request.not_this_kind", _("This request asks for something else."))
    member = (
        Member.objects.select_for_update(of=("self",))
        .select_related("user")
        .get(pk=request.member_id)
    )
    if member.user is not None and not member.user.is_buyer:
        raise DomainError(
            "erasure.staff", _("This person works here. End that first, in the office of people.")
        )
    _refuse_while_running(member)
    moment = now or timezone.now()
    person = member.user and User.objects.select_for_update().get(pk=member.user.pk)
    request.stage, request.progress = Stage.HIDDEN, {}
    request.closed_account = person is not None and person.is_active
    move_request(
        request, RequestState.IN_PROGRESS, by=by, at=moment, reason=reason,
        fields=["stage", "progress", "closed_account"],
    )  # fmt: skip
    Member.objects.filter(pk=member.pk).update(hidden_at=moment)
    if person is not None:
        close_account(person, by=None, reason=str(request.request_no))
    set_deadline(NAMELESS, request, _nameless_at(request, moment))
    return request


@transaction.atomic
def bring_back(
    request: PersonalDataRequest, *, by: User | None, reason: str
) -> PersonalDataRequest:
    """Undo an erasure that has only hidden the member: the request ends.

    The account opens again when it was open before; one that operations closed stays closed.
    Raises ``forbidden``, ``conflict.own_case``, ``request.cannot_move`` (it is nameless already).
    """
    require_right(by, "personal_data.handle")
    refuse_own_case(request.member_id, by)
    request = locked_request(request)
    if request.stage != Stage.HIDDEN or request.progress:
        raise DomainError(
            "request.cannot_move", _("What has been made nameless cannot be brought back.")
        )
    request.stage = Stage.NONE
    move_request(request, RequestState.CANCELLED, by=by, reason=reason, fields=["stage"])
    drop_deadline(NAMELESS, request)
    member = Member.objects.select_related("user").get(pk=request.member_id)
    Member.objects.filter(pk=member.pk).update(hidden_at=None)
    if member.user is not None and request.closed_account:
        reopen_account(member.user, by=None, reason=str(request.request_no))
    return request


@transaction.atomic
def make_nameless(request: PersonalDataRequest, *, now: datetime | None = None) -> bool:
    """Make the next slice nameless; True while there is more to do.

    What is done and where the next slice begins are written together: a crash repeats nothing, and
    a repeat would change nothing. A legal hold stops it; it goes on by itself a day after.
    """
    request = locked_request(request)
    moment = now or timezone.now()
    if request.state != RequestState.IN_PROGRESS or request.stage != Stage.HIDDEN:
        return False
    if _is_held(request, moment, NAMELESS):
        return False
    todo = stores()
    if not request.progress:
        _end_others(request, moment)
    progress = request.progress or {"store": todo[0].key, "after": None, "counts": {}}
    store = next(one for one in todo if one.key == progress["store"])
    member = Member.objects.select_related("user").get(pk=request.member_id)
    step = store.pseudonymise(subject_of(member), progress["after"], SLICE)
    counts = progress["counts"]
    counts[store.key] = counts.get(store.key, 0) + step.changed
    progress["after"] = step.next
    place = todo.index(store) + 1
    if step.next is None and place < len(todo):
        progress["store"] = todo[place].key
    request.progress = progress
    request.save(update_fields=["progress"])
    if step.next is None and place == len(todo):
        _end_nameless(request, counts, moment)
        return False
    return True


@transaction.atomic
def erase_what_may_go(request: PersonalDataRequest, *, now: datetime | None = None) -> bool:
    """Delete what no law wants any longer at ``now`` and set the next day; True when all is gone."""
    request = locked_request(request)
    moment = now or timezone.now()
    if request.stage != Stage.PSEUDONYMISED or _is_held(request, moment, ERASE):
        return False
    member = Member.objects.select_related("user").filter(pk=request.member_id).first()
    if member is None:
        return False
    subject = subject_of(member)
    counts = dict(request.progress.get("erased", {}))
    for store in stores():
        gone = store.erase(subject, moment)
        if gone:
            counts[store.key] = counts.get(store.key, 0) + gone
    request.progress = {"erased": counts}
    kept = _kept(request)
    if kept:
        request.save(update_fields=["progress"])
        first = min(kept.values())
        # What may go and still could not is tried again, but not all the time.
        set_deadline(ERASE, request, first if first > moment else moment + RETRY)
        return False
    counts["profile"] = _delete_people(member)
    request.stage, request.progress = Stage.ERASED, {}
    request.save(update_fields=["stage", "progress"])
    _certify(request, counts, {}, moment)
    return True


def _end_others(request: PersonalDataRequest, now: datetime) -> None:
    """Withdraw what else the member has asked: soon there is nobody to answer, and nothing to copy."""
    open_ones = PersonalDataRequest.objects.filter(member=request.member_id).open()
    for other in open_ones.exclude(pk=request.pk).select_for_update().order_by("pk"):
        move_request(other, RequestState.CANCELLED, by=None, at=now, reason=str(request.request_no))


def _end_nameless(request: PersonalDataRequest, counts: dict[str, int], now: datetime) -> None:
    kept = _kept(request)
    request.stage, request.progress = Stage.PSEUDONYMISED, {}
    move_request(request, RequestState.DONE, by=None, at=now, fields=["stage", "progress"])
    _certify(request, counts, kept, now)
    set_deadline(ERASE, request, min(kept.values(), default=now))


def _certify(
    request: PersonalDataRequest, counts: dict[str, int], kept: dict[str, datetime], now: datetime
) -> None:
    first = ErasureCertificate.objects.filter(request=request).first()
    row = ErasureCertificate.objects.create(
        number=first.number if first else f"D-{short_code(request.pk)}",
        request=request,
        stage=request.stage,
        issued_at=now,
        counts=counts,
        kept={key: timezone.localdate(day).isoformat() for key, day in kept.items()},
    )
    record(row, "personal_data.certified", by=None, after={"stage": row.stage}, at=now)


def _kept(request: PersonalDataRequest) -> dict[str, datetime]:
    """Return what is still kept of the member: store to the day on which its first row may go."""
    member = Member.objects.select_related("user").get(pk=request.member_id)
    subject = subject_of(member)
    found = {store.key: store.kept_until(subject) for store in stores()}
    return {key: day for key, day in found.items() if day is not None}


def _delete_people(member: Member) -> int:
    """Delete the empty member and account; an account that other records need stays, nameless."""
    gone = 0
    for row in (member, member.user):
        if row is None:
            continue
        try:
            with transaction.atomic():
                gone += row.delete()[0] and 1
        except (ProtectedError, RestrictedError):
            continue
    return gone


def _refuse_while_running(member: Member) -> None:
    subject = subject_of(member)
    running = [str(said) for store in stores() if (said := store.running(subject))]
    if running:
        raise DomainError(
            "erasure.running",
            _("This has to end first: %(what)s") % {"what": " ".join(running)},
            running=running,
        )


def _is_held(request: PersonalDataRequest, now: datetime, kind: str) -> bool:
    held = LegalHold.objects.filter(member=request.member_id, lifted_at=None).exists()
    if held:
        set_deadline(kind, request, now + RETRY)
    return held


def _nameless_at(request: PersonalDataRequest, now: datetime) -> datetime:
    """Return when hiding ends: after the days it may be taken back, but before the legal deadline."""
    return max(
        now, min(now + value("personal_data.hidden_for", now), request.due_at - timedelta(days=1))
    )
