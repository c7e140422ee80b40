"""Editions: laid out ahead, announced once, delivered to who subscribed."""

from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count, Max
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_q.tasks import async_task

from accounts.actions import notify_many
from common import parameters
from common.calendars import is_workday
from common.deadlines import drop_deadline, set_deadline
from common.history import record
from common.push import push
from radio import rules
from radio.models import Channel, Edition, Reading
from radio.queries.channels import hearers, people_who_know
from radio.schedule import next_publish_moments, publish_moment
from radio.webhooks import tell_edition

AIR = "edition.air"
TOPIC = "radio"
KITCHEN = "kitchen"


@transaction.atomic
def lay_out_editions(channel: Channel, *, now: datetime, ahead: int = 1) -> list[Edition]:
    """Make the editions ``channel`` owes and return those that are still to come, nearest first.

    Owed are every working day since the last edition (or since the channel went on air) and at
    least ``ahead`` editions to come. When the calendar or the hour of publishing changed, editions
    to come move to the days that now hold. A second call changes nothing.
    """
    channel = Channel.objects.select_for_update().get(pk=channel.pk)
    upcoming = list(channel.editions.filter(publish_at__gt=now).order_by("number"))
    if not channel.is_active:
        return upcoming
    number = channel.editions.aggregate(last=Max("number"))["last"] or 0
    if not upcoming:
        for day in _missed_days(channel, now):
            number += 1
            _start(channel, day, number)
    moments = _free_moments(channel, now, max(ahead, len(upcoming)))
    for edition, moment in zip(upcoming, moments, strict=False):
        _move(edition, moment)
    for moment in moments[len(upcoming) :]:
        number += 1
        upcoming.append(_start(channel, rules.shanghai_day(moment), number))
    return upcoming


@transaction.atomic
def air_edition(edition: Edition, *, now: datetime) -> bool:
    """Announce an edition that is out, once; return False when it is not out or was announced.

    Readers see an edition from ``publish_at`` on without this. Announcing tells the sockets, asks
    the worker to deliver it, and lays out the editions that follow.
    """
    # Channel before edition, as everywhere, so that two clocks cannot wait for each other.
    channel = Channel.objects.select_for_update().get(pk=edition.channel_id)
    if not Edition.objects.published(now).filter(pk=edition.pk, aired_at=None).update(aired_at=now):
        return False
    edition.refresh_from_db()
    stories = edition.items.count()
    record(
        edition,
        "edition.aired",
        by=None,
        after={"day": edition.day, "number": edition.number, "stories": stories},
        at=now,
    )
    tell_channel(channel, "edition.aired", edition=edition.public_key, channel=channel.code)
    push(KITCHEN, "edition.aired")
    tell_edition(edition, stories=stories)
    async_task("radio.tasks.deliver_edition", str(edition.pk))
    lay_out_editions(channel, now=now)
    return True


@transaction.atomic
def deliver_edition(edition: Edition, *, now: datetime) -> int:
    """Note for everyone who hears the channel what of this edition is new to them; return how many rows.

    A case that several of a person's channels carry is delivered once. A second call adds nothing.
    """
    people, parameters_of_people = hearers(edition.channel).values("pk").query.sql_with_params()
    table, item = Reading._meta.db_table, edition.items.model._meta.db_table
    with connection.cursor() as cursor:
        # In one statement: thousands of subscribers, a handful of stories.
        cursor.execute(
            f"INSERT INTO {table} (user_id, case_id, edition_id, delivered_at)"
            f" SELECT person.id, item.case_id, item.edition_id, %s"
            f" FROM ({people}) person (id) CROSS JOIN {item} item WHERE item.edition_id = %s"
            f" ON CONFLICT (user_id, case_id) DO NOTHING",
            [now, *parameters_of_people, edition.pk],
        )
        delivered = cursor.rowcount
    if delivered:
        tell_channel(edition.channel, "edition.delivered", edition=edition.public_key)
        _tell_hearers(edition, now)
    return delivered


def _tell_hearers(edition: Edition, now: datetime) -> None:
    """Tell who hears the channel, once: the editions of one day are one notification."""
    first = edition.items.select_related("case").order_by("position").first()
    notify_many(
        hearers(edition.channel),
        "edition.aired",
        title=_("%(channel)s is on air"),
        title_many=_("{count} channels are on air"),
        body=first.case.headline if first else "",
        words={"channel": edition.channel.name},
        url=reverse("radio-edition", args=[edition.pk]),
        url_many=reverse("radio"),
        subject=f"radio.day:{edition.day.isoformat()}",
        dedupe=edition.pk.hex,
        now=now,
    )


def tell_channel(channel: Channel, event: str, /, **ids: object) -> None:
    """Push to everyone who may know of ``channel``; a private one only to its people."""
    named = {key: str(value) for key, value in ids.items()}
    if not channel.is_private:
        push(TOPIC, event, **named)
        return
    for pk in people_who_know(channel).values_list("pk", flat=True):
        push(f"user.{pk}", event, **named)


def next_with_room(channel: Channel, *, now: datetime) -> Edition:
    """Return the nearest edition to come of the locked ``channel`` that takes one more case."""
    most = parameters.value("radio.max_items", now)
    upcoming = lay_out_editions(channel, now=now)
    taken = dict(
        Edition.objects.filter(pk__in=[edition.pk for edition in upcoming])
        .annotate(stories=Count("items"))
        .values_list("pk", "stories")
    )
    for edition in upcoming:
        if taken[edition.pk] < most:
            return edition
    return lay_out_editions(channel, now=now, ahead=len(upcoming) + 1)[-1]


@transaction.atomic
def withdraw_empty_editions(channel: Channel, *, now: datetime) -> int:
    """Take back editions to come that hold nothing; return how many. Filled ones still come out."""
    withdrawn = 0
    for edition in channel.editions.filter(publish_at__gt=now, items=None):
        drop_deadline(AIR, edition)
        record(edition, "edition.withdrawn", by=None, before={"day": edition.day})
        edition.delete()
        withdrawn += 1
    return withdrawn


def _missed_days(channel: Channel, now: datetime) -> list[date]:
    last = channel.editions.order_by("-day").values_list("day", flat=True).first()
    first = rules.shanghai_day(channel.active_since)
    if last is not None:
        first = max(first, last + timedelta(days=1))
    return [
        day
        for day in rules.days_between(first, rules.shanghai_day(now))
        if is_workday(day) and channel.active_since < publish_moment(day) <= now
    ]


def _free_moments(channel: Channel, now: datetime, count: int) -> list[datetime]:
    """Return the next moments, without a day whose edition came out early."""
    out = set(
        channel.editions.published(now)
        .filter(day__gte=rules.shanghai_day(now))
        .values_list("day", flat=True)
    )
    moments = next_publish_moments(now, count + len(out))
    return [moment for moment in moments if rules.shanghai_day(moment) not in out][:count]


def _start(channel: Channel, day: date, number: int) -> Edition:
    edition = Edition.objects.create(
        channel=channel, day=day, number=number, publish_at=publish_moment(day)
    )
    set_deadline(AIR, edition, edition.publish_at)
    return edition


def _move(edition: Edition, moment: datetime) -> None:
    if edition.publish_at == moment:
        return
    before = {"day": edition.day, "publish_at": edition.publish_at}
    edition.day, edition.publish_at = rules.shanghai_day(moment), moment
    edition.save(update_fields=["day", "publish_at"])
    set_deadline(AIR, edition, moment)
    record(
        edition,
        "edition.moved",
        by=None,
        before=before,
        after={"day": edition.day, "publish_at": moment},
    )
