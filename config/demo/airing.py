"""Sixty days of radio, written through its own actions, working day by working day."""

import uuid
from datetime import date, datetime, timedelta

from accounts.models import User
from common.calendars import is_workday
from config.demo import voices
from config.demo.world import DAYS, World
from radio.actions import (
    air_edition,
    deliver_edition,
    lay_out_editions,
    open_channel,
    reject_case,
    select_case,
    submit_case,
    subscribe,
)
from radio.models import Channel, Edition, Reading
from tickets.models import Conversation, Message


def radio(world: World) -> None:
    """Let the radio run for sixty days, working day by working day."""
    began = world.at(world.today - timedelta(days=DAYS), 10)
    channels = {
        code: open_channel(code=code, name=name, description=about, position=n, by=None, now=began)
        for n, (code, name, about) in enumerate(voices.CHANNELS)
    }
    readers = [
        world.people[a] for a in ("helan", "linzhengyang", "sumu", "xuqinghe", "luyao", "dongming")
    ]
    for reader in readers:
        for code in (
            ("fresh", "logistics", "newcomer", "merchant")
            if reader.username == "helan"
            else channels
        ):
            if reader.username == "helan" or world.dice.random() < 0.7:
                subscribe(channels[code], by=reader)
    Reading.objects.all().delete()
    used: set[uuid.UUID] = set()
    for day in world.days():
        nine = world.at(day, 9)
        if is_workday(day):
            _kitchen_morning(world, channels, day, used)
            if nine <= world.now:
                for edition in Edition.objects.filter(publish_at=nine).select_related("channel"):
                    air_edition(edition, now=nine)
                    deliver_edition(edition, now=nine)
        if day == world.today:
            _pending(world, used)
    for channel in Channel.objects.all():
        lay_out_editions(channel, now=world.now)
    _readings(world, readers)


def _kitchen_morning(
    world: World, channels: dict[str, Channel], day: date, used: set[uuid.UUID]
) -> None:
    """Push some of the last days' talks the evening before and screen them before nine."""
    dice = world.dice
    screeners = [world.people["jiangbanxia"], world.people["wenruyan"], world.people["luyao"]]
    # On the day one comes in, every channel has something to tell.
    newest = not any(is_workday(later) for later in world.days() if later > day)
    heard = len(voices.VOICES) if newest else dice.randint(3, 6)
    for subject, headline, why, codes, severity in dice.sample(voices.VOICES, heard):
        conversation = _talk_before(world, subject, world.at(day, 8), used)
        if conversation is None:
            continue
        used.add(conversation.pk)
        pushed = world.at(day, 7.2 + dice.random() * 0.6)
        pusher = conversation.first_owner
        if pusher is None or pushed > world.now:
            continue
        case, _made = submit_case(
            conversation,
            reason=why,
            headline=headline,
            by=pusher,
            quotes=_quotable(conversation),
            now=pushed,
        )
        screener = dice.choice([s for s in screeners if s.pk != pusher.pk])
        screened = world.at(day, 8 + dice.random() * 0.45)
        if screened > world.now:
            continue
        if dice.random() < 0.16:
            reject_case(
                case, reason=dice.choice(voices.REASONS_RETURNED), by=screener, now=screened
            )
        else:
            select_case(
                case,
                channels=[channels[code] for code in codes],
                headline=headline,
                severity=severity,
                by=screener,
                now=screened,
            )


def _pending(world: World, used: set[uuid.UUID]) -> None:
    """Leave a few cases on the counter of the kitchen."""
    left = 6
    for subject, headline, why, _codes, _severity in voices.VOICES:
        conversation = _talk_before(world, subject, world.now, used)
        if conversation is None or conversation.first_owner is None or left == 0:
            continue
        used.add(conversation.pk)
        left -= 1
        pushed = max(
            conversation.opened_at + timedelta(minutes=20),
            world.now - timedelta(hours=1 + left * 2, minutes=world.dice.randint(0, 50)),
        )
        submit_case(
            conversation,
            reason=why,
            headline=headline,
            by=conversation.first_owner,
            quotes=_quotable(conversation),
            now=min(pushed, world.now),
        )


def _talk_before(
    world: World, subject: str, moment: datetime, used: set[uuid.UUID]
) -> Conversation | None:
    found = [
        c
        for c in world.spoken_by.get(subject, ())
        if c.pk not in used
        and c.resolved_at
        and moment - timedelta(days=9) < c.resolved_at < moment
    ]
    return world.dice.choice(found) if found else None


def _quotable(conversation: Conversation) -> list[int]:
    said = Message.objects.filter(conversation=conversation, author_kind="member", kind="text")
    return list(said.order_by("seq").values_list("seq", flat=True)[:2])


def _readings(world: World, readers: list[User]) -> None:
    """Everybody has read most of what came before today; today is still new to most."""
    dawn = world.at(world.today, 0)
    for reader in readers:
        rows = Reading.objects.filter(user=reader, delivered_at__lt=dawn)
        keep = {pk for pk in rows.values_list("pk", flat=True) if world.dice.random() < 0.04}
        for row in rows.exclude(pk__in=keep):
            row.read_at = row.delivered_at + timedelta(minutes=world.dice.randint(1, 90))
            row.save(update_fields=["read_at"])
