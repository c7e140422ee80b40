"""What people choose about notifications: media by kind, quiet hours, what a locked screen tells."""

from collections.abc import Iterable, Mapping
from datetime import datetime, time
from zoneinfo import available_timezones

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions.asking import require_oneself
from accounts.actions.deliveries import release_held
from accounts.actions.notifications import QUIET_OVER
from accounts.models import (
    NoticeState,
    NotificationDelivery,
    NotificationPreference,
    NotificationSettings,
    User,
)
from accounts.notifications.kinds import MEDIA, known_kind, media_for
from common.deadlines import set_deadline
from common.errors import DomainError
from common.history import record


@transaction.atomic
def choose_media(
    person: User, chosen: Mapping[str, Iterable[str]], *, by: User
) -> dict[str, list[str]]:
    """Let ``person`` hear of each named kind by exactly these media; return what changed.

    Raises ``forbidden`` (people choose for themselves), ``notification.unknown_kind``,
    ``notification.unknown_medium`` and ``notification.not_silenced``. The same choice again changes
    nothing.
    """
    require_oneself(person, by)
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    before = {row.kind: row.media for row in NotificationPreference.objects.filter(person=person)}
    changed: dict[str, list[str]] = {}
    for key, media in chosen.items():
        wanted = _checked(person, key, list(media))
        kind = known_kind(key)
        if kind is not None and sorted(media_for(kind, before.get(key))) != wanted:
            changed[key] = wanted
    NotificationPreference.objects.bulk_create(
        [NotificationPreference(person=person, kind=key, media=m) for key, m in changed.items()],
        update_conflicts=True,
        unique_fields=["person", "kind"],
        update_fields=["media"],
    )
    if changed:
        record(
            person,
            "person.notices_chosen",
            by=by,
            before={key: before.get(key) for key in changed},
            after=changed,
        )
    return changed


@transaction.atomic
def silence_by_letter(person_id: int, kind: str) -> bool:
    """Send no more letters of ``kind`` to somebody: the signed word in a letter said so.

    Nobody is signed in, hence no ``by``; False when nothing changed or may not.
    """
    known = known_kind(kind)
    person = User.objects.select_for_update(no_key=True).filter(pk=person_id).first()
    if person is None or known is None or not known.may_be_silenced:
        return False
    row = NotificationPreference.objects.filter(person=person, kind=kind).first()
    media = media_for(known, row.media if row else None)
    if "email" not in media:
        return False
    NotificationPreference.objects.update_or_create(
        person=person, kind=kind, defaults={"media": sorted(media - {"email"})}
    )
    NotificationDelivery.objects.filter(
        person=person,
        kind=kind,
        medium="email",
        state__in=[NoticeState.QUEUED, NoticeState.HELD],
    ).update(state=NoticeState.SKIPPED, why="silenced", at=timezone.now())
    record(
        person,
        "person.notices_chosen",
        by=person,
        before={kind: sorted(media)},
        after={kind: sorted(media - {"email"})},
        reason="one-click unsubscribe",
    )
    return True


@transaction.atomic
def set_quiet_hours(
    person: User,
    *,
    start: time | None,
    until: time | None,
    days: Iterable[int] = range(7),
    zone: str = "Asia/Shanghai",
    is_discreet: bool = False,
    by: User,
    now: datetime | None = None,
) -> NotificationSettings:
    """Set the hours in which only urgent things reach ``person``, and what a locked screen tells.

    Both ends empty: never quiet. What is held goes out when the new hours say so, at once when it
    is no longer quiet. Raises ``forbidden``, ``quiet.one_end``, ``quiet.bad_day``,
    ``quiet.unknown_zone``. The same again changes nothing.
    """
    require_oneself(person, by)
    if (start is None) != (until is None):
        raise DomainError("quiet.one_end", _("Enter when it begins and when it ends."))
    wanted = sorted(set(days))
    if any(type(day) is not int or not 0 <= day <= 6 for day in wanted):
        raise DomainError("quiet.bad_day", _("Weekdays are 0 (Monday) to 6 (Sunday)."))
    if zone not in available_timezones():
        raise DomainError("quiet.unknown_zone", _("There is no such time zone."))
    row, _made = NotificationSettings.objects.get_or_create(person=person)
    row = NotificationSettings.objects.select_for_update().get(pk=row.pk)
    new = {
        "quiet_from": start,
        "quiet_until": until,
        "quiet_days": wanted,
        "zone": zone,
        "is_discreet": is_discreet,
    }
    before = {name: getattr(row, name) for name in new}
    if before == new:
        return row
    for name, chosen in new.items():
        setattr(row, name, chosen)
    row.save(update_fields=list(new))
    record(person, "person.quiet_hours_set", by=by, before=before, after=new)
    moment = now or timezone.now()
    if NotificationDelivery.objects.filter(person=person, state=NoticeState.HELD).exists():
        release_held(person.pk, now=moment)
        set_deadline(QUIET_OVER, str(person.pk), moment)
    return row


def _checked(person: User, key: str, media: list[str]) -> list[str]:
    kind = known_kind(key)
    if kind is None or not kind.listed or (kind.right and not person.can(kind.right)):
        raise DomainError(
            "notification.unknown_kind", _("There is no such kind of notification."), kind=key
        )
    if unknown := sorted(set(media) - set(MEDIA)):
        raise DomainError(
            "notification.unknown_medium", _("There is no such medium."), media=unknown
        )
    if not kind.may_be_silenced and (missing := sorted(kind.media - set(media))):
        raise DomainError(
            "notification.not_silenced",
            _("This kind cannot be silenced: it protects your account."),
            kind=key,
            media=missing,
        )
    return sorted(set(media))
