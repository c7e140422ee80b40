"""Signing apps in on devices, renewing their tokens, ending them."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import credentials
from accounts.actions.asking import require_reason
from accounts.actions.marks import notice_device
from accounts.actions.sessions import tell_rights_changed
from accounts.models import Device, DeviceEnd, IntegrationToken, Method, User
from accounts.signals import access_ended
from common.errors import DomainError, NotFound, Unproven
from common.history import record
from common.ids import uuid7
from common.parameters import value
from common.rights import require_right

USE_IS_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What an app gets, once: the device it is now, and its two tokens in plain."""

    device: Device
    access: str
    refresh: str


class RefreshRefused(Unproven):
    """A refresh token that renews nothing; the app signs in again."""


_REFUSALS = {
    "refresh.unknown": _("This is no refresh token of ours. Sign in again."),
    "refresh.expired": _("This sign-in was not used for too long. Sign in again."),
    "refresh.revoked": _("This sign-in was ended. Sign in again."),
    "refresh.reused": _(
        "This refresh token was used before, so somebody may have copied it. This device was signed"
        " out; sign in again."
    ),
}


@transaction.atomic
def sign_in_device(
    user: User,
    *,
    method: str,
    name: str,
    platform: str,
    app_version: str,
    address: str,
    now: datetime,
    device_id: str = "",
) -> Tokens:
    """Sign an app in for ``user``, who has proved who they are; the tokens are shown only now.

    ``device_id`` is what the app calls the device itself; of it a digest is kept, as of a browser's.
    With more devices than the parameter allows, the one unused for the longest time is signed out.
    Raises ``sign_in.changed`` when the password is no longer the one that was proved.
    """
    # Locked, so that a role or password that changes now finds this device or is seen by it.
    proved, user = user.password, User.objects.select_for_update().get(pk=user.pk)
    if not user.is_active or user.password != proved:
        raise DomainError("sign_in.changed", _("This account has just changed. Sign in again."))
    key = uuid7(now)
    access, refresh = (
        credentials.mint(credentials.ACCESS, key),
        credentials.mint(credentials.REFRESH, key),
    )
    limit_at = now + value("token.sign_in_limit")
    device = Device.objects.create(
        id=key,
        user=user,
        method=method,
        name=name,
        platform=platform,
        app_version=app_version,
        signed_in_at=now,
        signed_in_address=address,
        rotated_at=now,
        limit_at=limit_at,
        ends_at=min(limit_at, now + value("token.refresh_idle")),
        access_hash=credentials.digest(access),
        access_until=min(limit_at, now + value("token.access")),
        refresh_hash=credentials.digest(refresh),
    )
    record(
        device,
        "device.signed_in",
        by=user,
        after={"name": name, "platform": platform, "address": address, "method": method},
        at=now,
    )
    _make_room(user, besides=device, now=now)
    notice_device(user, device_id, now=now)
    return Tokens(device, access, refresh)


def refresh_device(refresh: str, *, now: datetime) -> Tokens:
    """Renew both tokens of a device; the old refresh token is spent.

    A client whose answer was lost gets the very same answer again, for as long as the parameter says
    and only while nobody has used the new tokens. A spent token that comes back otherwise ends the
    sign-in: two parties hold it. Raises ``refresh.unknown``, ``refresh.expired``,
    ``refresh.revoked``, ``refresh.reused``.
    """
    key = credentials.key_in(credentials.REFRESH, refresh)
    # The refusal is raised outside: the end of a sign-in must be kept, not rolled back.
    outcome = _refresh(key, refresh, now) if key else "refresh.unknown"
    if isinstance(outcome, str):
        raise RefreshRefused(outcome, _REFUSALS[outcome])
    return outcome


@transaction.atomic
def end_device(device: Device, *, by: User, now: datetime, reason: str = "") -> Device:
    """Sign a device out: its tokens stop at once, its sockets close. A second call changes nothing.

    Raises ``device.not_found`` for somebody else's, unless ``by`` manages people and says why
    (``person.no_reason``).
    """
    own = Device.objects.filter(pk=device.pk, user=by).exists()
    if not own:
        if not by.can("people.manage"):
            raise NotFound("device.not_found", _("There is no such device."))
        require_reason(reason)
    why = DeviceEnd.REVOKED if own else DeviceEnd.ENDED
    _end(Device.objects.filter(pk=device.pk), why, by=by, now=now, reason=reason)
    device.refresh_from_db()
    return device


@transaction.atomic
def sign_out_device(device: Device, *, by: User, now: datetime) -> None:
    """Sign out the very app that asks. A second call changes nothing."""
    _end(Device.objects.filter(pk=device.pk, user=by), DeviceEnd.SIGNED_OUT, by=by, now=now)


@transaction.atomic
def end_other_devices(user: User, *, besides: Device | None, by: User, now: datetime) -> int:
    """Sign out every device of ``user`` but the one that asks; returns how many.

    Raises ``forbidden`` for somebody else's.
    """
    if by != user:
        require_right(by, "people.manage")
    rows = Device.objects.filter(user=user)
    if besides is not None:
        rows = rows.exclude(pk=besides.pk)
    return _end(rows, DeviceEnd.REVOKED, by=by, now=now)


@transaction.atomic
def end_devices(
    user: User,
    *,
    why: str,
    by: User | None = None,
    now: datetime | None = None,
    keep: Device | None = None,
) -> int:
    """End every device sign-in and integration token of ``user``; returns how many ended.

    Part of other actions, which have asked whether ``by`` may: a changed password, changed roles, a
    closed account. ``why`` is a ``DeviceEnd``; ``keep`` is the device that the person asks from.
    """
    now = now or timezone.now()
    rows = Device.objects.filter(user=user)
    if keep is not None:
        rows = rows.exclude(pk=keep.pk)
    ended = _end(rows, DeviceEnd(why), by=by, now=now)
    living = IntegrationToken.objects.select_for_update().filter(owner=user, revoked_at=None)
    for token in living.order_by("pk"):
        token.revoked_at = now
        token.save(update_fields=["revoked_at"])
        record(token, "integration_token.revoked", by=by, after={"why": why}, at=now)
        ended += 1
    access_ended.send(User, user=user, why=DeviceEnd(why), by=by)
    if ended:
        tell_rights_changed(user)
    return ended


@transaction.atomic
def end_weak_devices(user: User, *, by: User | None, now: datetime) -> int:
    """End every device that signed in without a second step; returns how many.

    Part of other actions: from now on the person has one. Integration tokens are no sign-ins.
    """
    strong = [method for method in Method if method.is_strong]
    weak = Device.objects.filter(user=user).exclude(method__in=strong)
    return _end(weak, DeviceEnd.SECOND_STEP, by=by, now=now)


def note_device_use(device: Device, *, address: str, now: datetime, is_newest: bool) -> None:
    """Remember the use, to within a minute; the first use of the newest tokens tells that they arrived."""
    seen = {"last_used_at": now, "last_used_address": address}
    if is_newest and device.answer_nonce is not None:
        # Only of the very tokens that were used: a renewal may have come in between.
        same = Device.objects.filter(pk=device.pk, access_hash=device.access_hash)
        same.update(answer_nonce=None, **seen)
    elif device.last_used_at is None or device.last_used_at <= now - USE_IS_NOTED_EVERY:
        late = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_IS_NOTED_EVERY)
        Device.objects.filter(late, pk=device.pk).update(**seen)


@transaction.atomic
def forget_ended_devices(*, now: datetime) -> int:
    """Delete the rows of devices that ended long ago; what happened to them stays in the history."""
    before = now - value("token.ended_kept")
    gone = Device.objects.filter(Q(ended_at__lt=before) | Q(ended_at=None, ends_at__lt=before))
    return gone.delete()[0]


@transaction.atomic
def _refresh(key: UUID, refresh: str, now: datetime) -> Tokens | str:
    device = (
        Device.objects.select_for_update(of=["self"]).select_related("user").filter(pk=key).first()
    )
    if device is None:
        return "refresh.unknown"
    if device.ended_at is not None or not device.user.is_active:
        return "refresh.revoked"
    if device.ends_at <= now:
        return "refresh.expired"
    if credentials.matches(refresh, device.refresh_hash):
        return _rotate(device, refresh, now)
    if (
        device.answer_nonce
        and credentials.matches(refresh, device.spent_refresh_hash)
        and now < device.rotated_at + value("token.refresh_grace")
    ):
        return _answer(device, refresh, bytes(device.answer_nonce))
    # Our mark is on it, so we gave it out: it is an old one, and somebody else has the new one.
    _end(Device.objects.filter(pk=device.pk), DeviceEnd.REUSED, by=None, now=now)
    return "refresh.reused"


def _rotate(device: Device, refresh: str, now: datetime) -> Tokens:
    nonce = secrets.token_bytes(32)
    tokens = _answer(device, refresh, nonce)
    # Requests under way with the old access token finish; it lives no longer than it would have.
    grace = now + value("token.refresh_grace")
    device.spent_access_hash, device.spent_access_until = (
        device.access_hash,
        min(device.access_until, grace),
    )
    device.spent_refresh_hash, device.answer_nonce = device.refresh_hash, nonce
    device.access_hash = credentials.digest(tokens.access)
    device.access_until = min(device.limit_at, now + value("token.access"))
    device.refresh_hash = credentials.digest(tokens.refresh)
    device.ends_at = min(device.limit_at, now + value("token.refresh_idle"))
    device.rotated_at = now
    device.save(
        update_fields=[
            "spent_access_hash",
            "spent_access_until",
            "spent_refresh_hash",
            "answer_nonce",
            "access_hash",
            "access_until",
            "refresh_hash",
            "ends_at",
            "rotated_at",
        ]
    )
    return tokens


def _answer(device: Device, spent: str, nonce: bytes) -> Tokens:
    return Tokens(
        device,
        credentials.derive(credentials.ACCESS, device.pk, spent=spent, nonce=nonce),
        credentials.derive(credentials.REFRESH, device.pk, spent=spent, nonce=nonce),
    )


def _make_room(user: User, *, besides: Device, now: datetime) -> None:
    most = int(value("token.devices_most"))
    living = Device.objects.living(now).filter(user=user).exclude(pk=besides.pk)
    kept = sorted(living, key=lambda one: one.last_used_at or one.signed_in_at, reverse=True)
    crowded = [device.pk for device in kept[most - 1 :]]
    _end(Device.objects.filter(pk__in=crowded), DeviceEnd.CROWDED, by=None, now=now)


def _end(
    rows: QuerySet[Device], why: DeviceEnd, *, by: User | None, now: datetime, reason: str = ""
) -> int:
    living = rows.select_related("user").select_for_update(of=("self",)).filter(ended_at=None)
    ended = list(living.order_by("pk"))
    for device in ended:
        device.ended_at, device.end_reason, device.answer_nonce = now, why, None
        device.save(update_fields=["ended_at", "end_reason", "answer_nonce"])
        record(device, "device.ended", by=by, after={"why": why.value}, reason=reason, at=now)
    for user in {device.user for device in ended}:
        tell_rights_changed(user)
    return len(ended)
