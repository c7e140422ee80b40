"""Auto-away over real sockets: a line that is lost, the clock that notices, and the way back."""

from datetime import timedelta
from time import monotonic

import pytest
from asgiref.sync import sync_to_async
from django.db.models import Max, Sum
from django.utils import timezone

from common.deadlines import sweep
from tests.tickets.live import LiveProcess, cookie_of, phone
from workforce import clock, rules
from workforce.models import AgentLine, AgentStatus

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]
PATIENCE_SECONDS = 30


@sync_to_async
def lines_of(user):
    """Return how many sockets all processes hold of ``user``, and when that was last said."""
    told = AgentLine.objects.filter(user=user).aggregate(sockets=Sum("sockets"), at=Max("seen_at"))
    return told["sockets"], told["at"]


async def held(user, sockets: int):
    """Ask until the house knows of ``sockets`` of ``user``; return when it was said."""
    patience = monotonic() + PATIENCE_SECONDS
    while (told := await lines_of(user))[0] != sockets:
        assert monotonic() < patience, f"{told[0]} sockets, not {sockets}"
    return told[1]


@sync_to_async
def clock_strikes(now):
    """Let the clock look for lost lines as if it were ``now``."""
    clock.begin(now)
    assert sweep(now).failed == 0


@sync_to_async
def standing(user):
    return AgentStatus.objects.values_list("presence", "reason").get(user=user)


@pytest.fixture
def there(bo):
    """Bo takes chats since an hour."""
    AgentStatus.objects.filter(user=bo).update(since=timezone.now() - timedelta(hours=1))
    return bo


async def test_who_closes_the_last_socket_is_away_and_back_with_the_next(there, lin):
    server = await sync_to_async(LiveProcess().start)()
    bo, lead = await sync_to_async(cookie_of)(there), await sync_to_async(cookie_of)(lin)
    changed = {"name": "presence.set", "ids": {"user": there.public_key}}
    try:
        async with phone(server.port, lead) as watching:
            await watching.say(op="subscribe", topic="team:fresh")
            await watching.until("subscribed")
            async with phone(server.port, bo):
                await held(there, 1)
            lost = await held(there, 0)
            await clock_strikes(lost + timedelta(seconds=89))
            assert await standing(there) == ("online", "")
            await clock_strikes(lost + timedelta(seconds=90))
            assert await standing(there) == ("away", rules.LINE_LOST)
            await watching.until("event", **changed)
            async with phone(server.port, bo):
                await watching.until("event", **changed)
                assert await standing(there) == ("online", "")
    finally:
        await sync_to_async(server.stop)()


async def test_a_killed_process_holds_nobody(there):
    server = await sync_to_async(LiveProcess().start)()
    cookie = await sync_to_async(cookie_of)(there)
    async with phone(server.port, cookie):
        await held(there, 1)
        await sync_to_async(server.kill)()
    sockets, said = await lines_of(there)
    assert sockets == 1  # nobody is left to say that it is closed
    await clock_strikes(said + timedelta(seconds=89))
    assert await standing(there) == ("online", "")
    await clock_strikes(said + timedelta(seconds=90))
    assert await standing(there) == ("away", rules.LINE_LOST)
