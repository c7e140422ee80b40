"""What a member asks about their own data, and every move of such a request."""

from datetime import date, datetime, time, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_q.tasks import async_task

from accounts import rules
from accounts.actions.asking import refuse_own_case, require_reason
from accounts.actions.notifications import notify
from accounts.copy_files import drop_files
from accounts.masks import names_of
from accounts.models import (
    LegalGround,
    LegalHold,
    Member,
    PersonalDataRequest,
    PersonalField,
    RequestKind,
    RequestState,
    User,
)
from accounts.phones import mainland_phone
from common.calendars import add_workdays, previous_workday
from common.deadlines import drop_deadline, set_deadline
from common.errors import DomainError, NotFound
from common.history import record
from common.masking import mask_text
from common.parameters import value
from common.rights import require_right
from common.text import clean

DUE_SOON, OVERDUE = "personal_data.due_soon", "personal_data.overdue"
PACKAGE_ENDS = "personal_data.package_ends"
WORK = "accounts.tasks.work_on_request"
CORRECTABLE = {
    PersonalField.NAME: "display_name",
    PersonalField.PHONE: "phone",
    PersonalField.REGION: "region",
}
LONGEST = {PersonalField.NAME: 64, PersonalField.PHONE: 32, PersonalField.REGION: 40}


@transaction.atomic
def ask_about_data(
    member: Member,
    kind: str,
    *,
    by: User | None,
    field: str = "",
    wish: str = "",
    reason: str = "",
    now: datetime | None = None,
) -> tuple[PersonalDataRequest, bool]:
    """Take what a member asks about their data; return the request and whether this call made it.

    The member asks for themselves; who handles requests may write down what was asked by phone or
    letter. Asking for the same while it runs returns the first request. A copy is begun at once.
    Raises ``forbidden``, ``conflict.own_case``, ``request.unknown_kind``, ``request.no_wish``.
    """
    if by is None or member.user_id != by.pk:
        require_right(by, "personal_data.handle")
        refuse_own_case(member.pk, by)
    moment = now or timezone.now()
    wanted = _checked_wish(kind, field, wish)
    request = PersonalDataRequest(
        member=member,
        kind=kind,
        field=field if kind == RequestKind.CORRECTION else "",
        wish=wanted,
        asked_at=moment,
        due_at=_due(moment),
    )
    running = PersonalDataRequest.objects.filter(member=member, kind=kind).open()
    try:
        with transaction.atomic():
            request.save(force_insert=True)
    except IntegrityError:
        return running.get(), False
    record(
        request,
        "personal_data.asked",
        by=by,
        after={"kind": kind, "due_at": request.due_at},
        reason=mask_text(reason, names=names_of(member)),
    )
    warn_at = max(_warning(request.due_at), moment)
    set_deadline(DUE_SOON, request, warn_at)
    set_deadline(OVERDUE, request, request.due_at)
    if kind == RequestKind.COPY:
        move_request(request, RequestState.IN_PROGRESS, by=None, at=moment)
        async_task(WORK, str(request.pk))
    return request, True


@transaction.atomic
def cancel_request(
    request: PersonalDataRequest, *, by: User | None, reason: str = ""
) -> PersonalDataRequest:
    """Withdraw a request that still runs.

    Raises ``forbidden``, ``request.cannot_move`` (it has ended, or erasure has begun). A second call
    changes nothing.
    """
    request = locked_request(request)
    member = Member.objects.filter(pk=request.member_id).first()
    if by is None or member is None or member.user_id != by.pk:
        require_right(by, "personal_data.handle")
        refuse_own_case(request.member_id, by)
    if request.state == RequestState.CANCELLED:
        return request
    if request.stage:
        # Hidden already: that is taken back by its own action, which opens the account again.
        raise _cannot(request)
    move_request(request, RequestState.CANCELLED, by=by, reason=reason)
    return request


@transaction.atomic
def refuse_request(
    request: PersonalDataRequest, *, ground: str, answer: str, by: User | None
) -> PersonalDataRequest:
    """Refuse on a legal ground, with an answer that the member reads.

    Raises ``forbidden``, ``conflict.own_case``, ``request.unknown_ground``, ``request.no_answer``,
    ``request.cannot_move``.
    """
    require_right(by, "personal_data.handle")
    refuse_own_case(request.member_id, by)
    if ground not in LegalGround.values:
        raise DomainError("request.unknown_ground", _("Choose the legal ground."))
    said = clean(answer, max_chars=1000, required=False)
    if not said:
        raise DomainError("request.no_answer", _("Write the answer; the member reads it."))
    request = locked_request(request)
    request.ground, request.answer = ground, said
    move_request(request, RequestState.REFUSED, by=by, reason=said, fields=["ground", "answer"])
    return request


@transaction.atomic
def correct_data(
    request: PersonalDataRequest, *, by: User | None, reason: str
) -> PersonalDataRequest:
    """Write what the member wants into their profile, and end the request.

    A number that is theirs no longer stops being a way to sign in; the new one becomes it when they
    prove it. The history keeps that it changed and why, not the old or the new words. Raises ``forbidden``,
    ``request.no_reason``, ``request.not_this_kind``, ``request.cannot_move``.
    """
    require_right(by, "personal_data.handle")
    refuse_own_case(request.member_id, by)
    require_reason(reason, code="request.no_reason", message=_("Write how you checked it."))
    request = locked_request(request)
    if request.kind != RequestKind.CORRECTION:
        raise DomainError("request.not_this_kind", _("This request asks for something else."))
    if not request.is_open:
        raise _cannot(request)
    member = (
        Member.objects.select_for_update(of=("self",))
        .select_related("user")
        .get(pk=request.member_id)
    )
    # Neither what they were called nor what they are called from now on.
    reason = mask_text(reason, names=[*names_of(member), request.wish])
    column = CORRECTABLE[PersonalField(request.field)]
    setattr(member, column, request.wish)
    member.save(update_fields=[column])
    if member.user is not None:
        _correct_account(member.user, column, request.wish, by=by)
    record(member, "personal_data.corrected", by=by, after={"field": request.field}, reason=reason)
    request.wish = ""
    if request.state == RequestState.ASKED:
        move_request(request, RequestState.IN_PROGRESS, by=by)
    move_request(request, RequestState.DONE, by=by, reason=reason, fields=["wish"])
    return request


@transaction.atomic
def warn_of_deadline(request: PersonalDataRequest, kind: str, *, now: datetime) -> bool:
    """Write into the history that a request is due soon or late; False when it has ended."""
    request = locked_request(request)
    if not request.is_open:
        return False
    record(request, kind, by=None, after={"due_at": request.due_at}, at=now)
    return True


@transaction.atomic
def place_hold(member: Member, *, ordered_by: str, by: User | None, reason: str) -> LegalHold:
    """Keep everything of ``member`` until the hold is lifted; a second call returns the first.

    Raises ``forbidden``, ``conflict.own_case``, ``hold.no_order``.
    """
    require_right(by, "personal_data.handle")
    refuse_own_case(member.pk, by)
    order = clean(ordered_by, max_chars=200, single_line=True, required=False)
    if not order or not reason.strip():
        raise DomainError("hold.no_order", _("Write who ordered it, and why."))
    member = Member.objects.select_for_update(of=("self",)).select_related("user").get(pk=member.pk)
    hold, made = LegalHold.objects.get_or_create(
        member=member, lifted_at=None, defaults={"ordered_by": order, "placed_by": by}
    )
    if made:
        record(
            member,
            "personal_data.held",
            by=by,
            after={"hold": hold.pk},
            reason=mask_text(reason, names=names_of(member)),
        )
    return hold


@transaction.atomic
def lift_hold(member: Member, *, by: User | None, reason: str) -> bool:
    """End the legal hold of ``member``; False when none stands.

    Raises ``forbidden``, ``conflict.own_case``, ``hold.no_reason``.
    """
    require_right(by, "personal_data.handle")
    refuse_own_case(member.pk, by)
    require_reason(reason, code="hold.no_reason")
    lifted = LegalHold.objects.filter(member=member, lifted_at=None).update(
        lifted_at=timezone.now()
    )
    if lifted:
        masked = mask_text(reason, names=names_of(member))
        record(member, "personal_data.hold_lifted", by=by, reason=masked)
    return bool(lifted)


def locked_request(request: PersonalDataRequest) -> PersonalDataRequest:
    """Return ``request`` as it is now, locked until the transaction ends. Raises ``request.not_found``."""
    found = PersonalDataRequest.objects.select_for_update().filter(pk=request.pk).first()
    if found is None:
        raise NotFound("request.not_found", _("No such request, or it is not yours to see."))
    return found


def move_request(
    request: PersonalDataRequest,
    state: str,
    *,
    by: User | None,
    at: datetime | None = None,
    reason: str = "",
    fields: list[str] | None = None,
) -> None:
    """Move a locked ``request`` to ``state`` with its history line. Raises ``request.cannot_move``."""
    if state not in rules.REQUEST_MOVES[request.state]:
        raise _cannot(request)
    moment, before = at or timezone.now(), request.state
    request.state = RequestState(state)
    changed = ["state", *(fields or [])]
    if state == RequestState.IN_PROGRESS:
        request.started_at = moment
        changed.append("started_at")
    if by is not None and by.can("personal_data.handle"):
        request.handled_by = by
        changed.append("handled_by")
    if not request.is_open:
        if state in (RequestState.REFUSED, RequestState.CANCELLED):
            request.wish = ""
            changed.append("wish")
            if request.kind == RequestKind.COPY:
                request.progress = {}
                changed.append("progress")
                transaction.on_commit(lambda: drop_files(request), robust=True)
        request.ended_at = moment
        changed.append("ended_at")
        for kind in (DUE_SOON, OVERDUE):
            drop_deadline(kind, request)
    request.save(update_fields=list(dict.fromkeys(changed)))
    member = Member.objects.select_related("user").filter(pk=request.member_id).first()
    _tell(request, member)
    record(
        request,
        f"personal_data.{state}",
        by=by,
        before={"state": before},
        after={"state": state},
        reason=mask_text(reason, names=names_of(member)),
        at=moment,
    )


def _correct_account(user: User, column: str, wish: str, *, by: User | None) -> None:
    user = User.objects.select_for_update().get(pk=user.pk)
    if column == "display_name":
        user.display_name = wish
        user.save(update_fields=["display_name"])
    elif column == "phone" and user.phone and mainland_phone(wish) != mainland_phone(user.phone):
        user.phone = ""
        user.save(update_fields=["phone"])
        record(user, "person.phone_removed", by=by)


def _tell(request: PersonalDataRequest, member: Member | None) -> None:
    """Tell the member what became of their request; an account that is closed hears nothing."""
    said = {
        RequestState.READY: _("The copy of your data is ready"),
        RequestState.REFUSED: _("Your request about your data was declined"),
        RequestState.DONE: _("Your request about your data is done"),
    }.get(RequestState(request.state))
    if said is None or member is None or member.user is None or not member.user.is_active:
        return
    notify(
        member.user,
        "personal_data.request",
        title=said,
        url="/me/privacy/",
        subject=request,
        dedupe=request.state,
    )


def _cannot(request: PersonalDataRequest) -> DomainError:
    return DomainError(
        "request.cannot_move",
        _("This request is at “%(state)s”; that is not possible any more.")
        % {"state": request.get_state_display()},
        state=request.state,
    )


def _checked_wish(kind: str, field: str, wish: str) -> str:
    if kind not in RequestKind.values:
        raise DomainError("request.unknown_kind", _("There is no such request."))
    if kind != RequestKind.CORRECTION:
        return ""
    if field not in CORRECTABLE:
        raise DomainError("request.no_wish", _("Choose what is wrong."))
    wanted = clean(wish, max_chars=LONGEST[PersonalField(field)], single_line=True, required=False)
    if not wanted:
        raise DomainError("request.no_wish", _("Write how it should read."))
    return wanted


def _due(asked_at: datetime) -> datetime:
    """Return the end of the last working day on which an answer is in time."""
    day = add_workdays(timezone.localdate(asked_at), value("personal_data.answer_days", asked_at))
    return _at(day, time(0)) + timedelta(days=1)


def _warning(due_at: datetime) -> datetime:
    day = timezone.localdate(due_at - timedelta(seconds=1))
    for _day in range(value("personal_data.warn_days")):
        day = previous_workday(day)
    return _at(day, time(9))


def _at(day: date, moment: time) -> datetime:
    return datetime.combine(day, moment, tzinfo=timezone.get_default_timezone())
