"""Telling people: one row each, their choices, their quiet hours, and the deliveries that follow.

``notify`` and ``notify_many`` are called by other actions, inside their transaction: what was rolled
back was never told. They ask for no right: whoever may do the thing makes it known.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Max, QuerySet
from django.utils import timezone, translation
from django.utils.functional import Promise
from django_q.tasks import async_task

from accounts.models import (
    EmailAddress,
    NoticeState,
    Notification,
    NotificationDelivery,
    NotificationPreference,
    NotificationSettings,
    PushDevice,
    PushSubscription,
    User,
)
from accounts.notifications import sentences as house
from accounts.notifications.kinds import EMAIL, MOBILE, WEB, Kind, kind_of, media_for
from accounts.notifications.queries import quiet_hours
from common.deadlines import set_deadlines
from common.ids import uuid7
from common.masking import mask_text
from common.parameters import value
from common.push import push, push_many
from common.text import clean

QUIET_OVER = "notification.quiet_over"
"""The deadline at which one person's quiet hours end and what was held goes out."""

DELIVER = "accounts.tasks.deliver_notifications"
AT_ONCE = 1000
TITLE_CHARACTERS, BODY_CHARACTERS = 120, 500


@dataclass(frozen=True)
class _Words:
    title: str
    title_many: str
    body: str


@dataclass(frozen=True)
class _Told:
    """A row that this call made or brought up again."""

    key: uuid.UUID
    person: int
    made: bool


@transaction.atomic
def notify(
    person: User,
    kind: str,
    *,
    title: object,
    body: object = "",
    url: str,
    subject: models.Model | None = None,
    dedupe: str = "",
    words: Mapping[str, object] | None = None,
    title_many: object = "",
    media: Iterable[str] | None = None,
    now: datetime | None = None,
) -> Notification | None:
    """Tell ``person`` that something of ``kind`` happened; return the row, None when it was told before.

    ``title``, ``body`` and ``title_many`` are sentences for people: lazy ones are said in the person's
    language with ``words`` put in by name, plain ones stay as they are. Personal data in them is masked
    before they are stored. ``url`` is a
    path of ours. Once for each (person, kind, subject, ``dedupe``); without a subject and ``dedupe``
    every call is a new one. A kind that merges has one row for each subject: the next ``dedupe`` brings
    it up again, unread, with ``title_many`` and {count} in it. ``media`` limits this one notification
    to those media, whatever the person chose. Raises ``KeyError`` for a kind nobody declared and
    ``ValueError`` for an address that is not ours: both are mistakes of the caller.
    """
    told = _tell(
        [(person.pk, person.language)] if person.is_active else [],
        kind_of(kind),
        (title, title_many, body),
        words or {},
        url=url,
        subject=_named(subject),
        dedupe=dedupe,
        media=media,
        now=now or timezone.now(),
    )
    return Notification.objects.get(pk=told[0].key) if told else None


@transaction.atomic
def notify_many(
    people: QuerySet[User],
    kind: str,
    *,
    title: object,
    body: object = "",
    url: str,
    subject: models.Model | str | None = None,
    dedupe: str = "",
    words: Mapping[str, object] | None = None,
    title_many: object = "",
    url_many: str = "",
    now: datetime | None = None,
) -> int:
    """Tell everyone of ``people`` as :func:`notify` does; return how many had not been told before.

    The number of statements does not depend on how many people there are, up to a thousand.
    """
    rows = list(people.filter(is_active=True).order_by("pk").values_list("pk", "language"))
    count = 0
    for start in range(0, len(rows), AT_ONCE):
        told = _tell(
            rows[start : start + AT_ONCE],
            kind_of(kind),
            (title, title_many, body),
            words or {},
            url=url,
            url_many=url_many,
            subject=_named(subject),
            dedupe=dedupe,
            media=None,
            now=now or timezone.now(),
        )
        count += len(told)
    return count


@transaction.atomic
def mark_read(
    person: User,
    keys: Iterable[uuid.UUID] | None = None,
    *,
    up_to: datetime | None = None,
    url: str | None = None,
) -> int:
    """Mark ``person``'s notifications as read and return how many.

    Those named, all up to a moment, or those about one page (``url``), because it was opened.

    Somebody else's stay as they are; a second call changes nothing.
    """
    rows = Notification.objects.visible_to(person).unread()
    if keys is not None:
        rows = rows.filter(pk__in=list(keys))
    if up_to is not None:
        rows = rows.filter(at__lte=up_to)
    if url is not None:
        rows = rows.filter(url=url)
    now = timezone.now()
    count = rows.update(read_at=now, seen_at=now)
    if count:
        push(f"user.{person.pk}", "notification.read")
    return count


def announce_sign_in(
    person: User, *, device: str, place: str = "", now: datetime | None = None
) -> None:
    """Tell ``person`` that an unknown device has signed in; for the sign-in to call, in its transaction.

    ``device`` is what people call it ("Chrome, Windows"), ``place`` a town or a masked address.
    """
    where = f"{device}, {place}" if place else device
    notify(
        person,
        "sign_in.new_device",
        title=house.NEW_DEVICE,
        body=house.NEW_DEVICE_BODY,
        words={"where": clean(where, max_chars=160, single_line=True)},
        url="/profile/",
        now=now,
    )


# --- In one statement each ------------------------------------------------------------------------

_UPSERT = """
INSERT INTO accounts_notification AS n (
    id, person_id, kind, subject, merge_key, dedupe, title, title_many, body, url, count,
    created_at, at, expires_at
)
SELECT t.id, t.person, %(kind)s, %(subject)s, coalesce(%(merge_key)s, t.id::text), %(dedupe)s,
       t.title, t.title_many, t.body, %(url)s, 1, %(now)s, %(now)s, %(until)s
  FROM unnest(%(ids)s::uuid[], %(people)s::bigint[], %(titles)s::text[], %(manys)s::text[],
              %(bodies)s::text[]) AS t (id, person, title, title_many, body)
ON CONFLICT (person_id, kind, merge_key) DO UPDATE SET
    dedupe = EXCLUDED.dedupe,
    count = CASE WHEN n.read_at IS NULL THEN n.count + 1 ELSE 1 END,
    title = CASE WHEN n.read_at IS NULL AND EXCLUDED.title_many <> ''
        THEN left(replace(EXCLUDED.title_many, '{count}', (n.count + 1)::text), 120)
        ELSE EXCLUDED.title END,
    title_many = EXCLUDED.title_many,
    body = EXCLUDED.body,
    url = CASE WHEN n.read_at IS NULL AND %(url_many)s <> '' THEN %(url_many)s ELSE EXCLUDED.url END,
    at = EXCLUDED.at,
    expires_at = EXCLUDED.expires_at,
    seen_at = NULL,
    read_at = NULL
 WHERE %(merges)s AND n.dedupe <> EXCLUDED.dedupe
RETURNING n.id, n.person_id, (n.xmax = 0)
"""


def _tell(
    people: list[tuple[int, str]],
    kind: Kind,
    sentences: tuple[object, object, object],
    words: Mapping[str, object],
    *,
    url: str,
    subject: str,
    dedupe: str,
    media: Iterable[str] | None,
    now: datetime,
    url_many: str = "",
) -> list[_Told]:
    if not people:
        return []
    if not url.startswith("/") or url.startswith("//"):
        raise ValueError(f"{kind.key}: {url!r} is no path of ours")
    spoken = _spoken({language for _pk, language in people}, sentences, words)
    told = _write(people, kind, spoken, url, url_many, subject, dedupe, now)
    if told:
        _queue(kind, told, media, now)
        push_many((f"user.{it.person}" for it in told), "notification.new", kind=kind.key)
    return told


def _spoken(
    languages: set[str], sentences: tuple[object, object, object], words: Mapping[str, object]
) -> dict[str, _Words]:
    """Return the sentences in each language, masked: once a language, not once a person."""
    spoken = {}
    for language in languages:
        with translation.override(language or settings.LANGUAGE_CODE):
            title, many, body = (_said(one, words) for one in sentences)
        spoken[language] = _Words(
            _line(title, TITLE_CHARACTERS), _line(many, TITLE_CHARACTERS), _text(body)
        )
    return spoken


def _said(sentence: object, words: Mapping[str, object]) -> str:
    # What somebody wrote may hold a percent sign; only our own sentences have places for words.
    is_ours = isinstance(sentence, Promise) and words
    return str(sentence) % words if is_ours else str(sentence)


def _line(text: str, most: int) -> str:
    line = clean(mask_text(text), max_chars=10 * most, single_line=True, required=False)
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _text(text: str) -> str:
    body = clean(mask_text(text), max_chars=100_000, required=False)
    return body if len(body) <= BODY_CHARACTERS else f"{body[: BODY_CHARACTERS - 1]}…"


def _write(
    people: list[tuple[int, str]],
    kind: Kind,
    spoken: Mapping[str, _Words],
    url: str,
    url_many: str,
    subject: str,
    dedupe: str,
    now: datetime,
) -> list[_Told]:
    merge_key: str | None
    if kind.merges:
        merge_key = subject.rpartition(":")[2] or kind.key
        dedupe = dedupe or uuid7(now).hex
    else:
        # Without anything to know it by, it is a new one each time.
        merge_key = f"{subject}|{dedupe}" if subject or dedupe else None
    values = {
        "kind": kind.key,
        "subject": subject,
        "merge_key": merge_key,
        "dedupe": dedupe,
        "url": url,
        "url_many": url_many,
        "merges": kind.merges,
        "now": now,
        "until": now + value("notification.kept", now),
        "ids": [uuid7(now) for _one in people],
        "people": [pk for pk, _language in people],
        "titles": [spoken[language].title for _pk, language in people],
        "manys": [spoken[language].title_many for _pk, language in people],
        "bodies": [spoken[language].body for _pk, language in people],
    }
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, values)
        return [_Told(*row) for row in cursor.fetchall()]


@dataclass(frozen=True)
class _Targets:
    """Where the people of one call can be reached: by person and medium, (key, label)."""

    found: dict[tuple[int, str], list[tuple[str, str]]]
    refused: set[int]

    def of(self, person: int, medium: str) -> list[tuple[str, str]]:
        return self.found.get((person, medium), [])


def _queue(kind: Kind, told: list[_Told], media: Iterable[str] | None, now: datetime) -> None:
    """Write the deliveries that follow from what people chose, and have them sent."""
    people = [it.person for it in told]
    chosen = {
        row.person_id: row.media
        for row in NotificationPreference.objects.filter(person__in=people, kind=kind.key)
    }
    limit = frozenset(media) if media is not None else None
    wanted = {
        it.person: media_for(kind, chosen.get(it.person)) if limit is None else limit for it in told
    }
    used = frozenset().union(*wanted.values())
    if not used:
        return
    quiet = {} if kind.urgent else _quiet_until(people, now)
    targets = _targets(people, used, now)
    lately = _lately([it.key for it in told if not it.made], now)
    rows: list[NotificationDelivery] = []
    for it in told:
        must_say = it.person in chosen or limit is not None or not kind.may_be_silenced
        for medium in sorted(wanted[it.person]):
            rows += _deliveries(kind, it, medium, targets, lately, quiet, must_say, now)
    NotificationDelivery.objects.bulk_create(rows, ignore_conflicts=True)
    held = {str(row.person_id): row.due_at for row in rows if row.state == NoticeState.HELD}
    if held:
        set_deadlines(QUIET_OVER, held)
    if any(row.state == NoticeState.QUEUED and row.due_at <= now for row in rows):
        async_task(DELIVER)


def _deliveries(
    kind: Kind,
    it: _Told,
    medium: str,
    targets: _Targets,
    lately: Mapping[tuple[uuid.UUID, str, str], datetime],
    quiet: Mapping[int, datetime],
    must_say: bool,
    now: datetime,
) -> list[NotificationDelivery]:
    def row(**fields: Any) -> NotificationDelivery:
        common = {"notification_id": it.key, "person_id": it.person, "kind": kind.key}
        moments = {"queued_at": now, "at": now, "due_at": now + kind.settles}
        return NotificationDelivery(id=uuid7(now), medium=medium, **(common | moments | fields))

    reachable = targets.of(it.person, medium)
    if not reachable:
        # Said to those only who expect it: who never chose a medium misses nothing.
        if not must_say:
            return []
        bounced = medium == EMAIL and it.person in targets.refused
        return [row(state=NoticeState.SKIPPED, why="bounced" if bounced else "no_target")]
    until = quiet.get(it.person)
    if until:
        return [
            row(target=key, target_label=label, state=NoticeState.HELD, due_at=until)
            for key, label in reachable
        ]
    settled = now + kind.settles
    # What follows on one that went a moment ago waits its turn, and the next ones wait in it.
    return [
        row(
            target=key,
            target_label=label,
            due_at=max(settled, lately.get((it.key, medium, key), settled)),
        )
        for key, label in reachable
    ]


def _targets(people: list[int], media: frozenset[str], now: datetime) -> _Targets:
    found: dict[tuple[int, str], list[tuple[str, str]]] = {}
    refused: set[int] = set()
    if EMAIL in media:
        for address in EmailAddress.objects.filter(person__in=people, confirmed_at__isnull=False):
            if address.bounced_at is not None:
                refused.add(address.person_id)
                continue
            found[address.person_id, EMAIL] = [(str(address.pk), mask_text(address.address)[:80])]
    reached: dict[str, QuerySet[Any]] = {
        WEB: PushSubscription.objects.filter(person__in=people),
        MOBILE: PushDevice.objects.reachable(now).filter(person__in=people),
    }
    for medium in media & set(reached):
        rows = reached[medium].order_by("pk").values_list("pk", "person_id", "label")
        for key, person, label in rows:
            found.setdefault((person, medium), []).append((str(key), label))
    return _Targets(found, refused)


def _quiet_until(people: list[int], now: datetime) -> dict[int, datetime]:
    found = {}
    for row in NotificationSettings.objects.filter(person__in=people, quiet_from__isnull=False):
        hours = quiet_hours(row)
        end = hours.end_at(now) if hours else None
        if end is not None:
            found[row.person_id] = end
    return found


def _lately(keys: list[uuid.UUID], now: datetime) -> dict[tuple[uuid.UUID, str, str], datetime]:
    """Return until when further ones wait, by where these went a moment ago: one thing does not ring ten times."""
    if not keys:
        return {}
    burst = value("notification.burst", now)
    rows = NotificationDelivery.objects.filter(
        notification__in=keys, state=NoticeState.SENT, queued_at__gt=now - burst
    )
    last = rows.values_list("notification_id", "medium", "target").annotate(Max("queued_at"))
    return {(key, medium, target): at + burst for key, medium, target, at in last}


def _named(subject: models.Model | str | None) -> str:
    if subject is None or isinstance(subject, str):
        return subject or ""
    return f"{subject._meta.label_lower}:{subject.pk}"
