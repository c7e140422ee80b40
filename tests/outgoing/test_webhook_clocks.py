"""Webhooks: several clocks, and one that is killed while it sends."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from django.db import connections
from django.utils import timezone

from accounts.actions import (
    send_test,
)
from accounts.models import (
    DeliveryState,
    WebhookDelivery,
)
from accounts.webhooks import clock
from accounts.webhooks.sending import LEASE
from accounts.webhooks.telling import tell_ripe
from tests.outgoing.receivers import receiving, say
from tests.outgoing.rounds import committed_hook, deliver, opened

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]


# --- The process ----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_clocks_send_each_once(receiver, ops, mei, order, team):
    endpoint = committed_hook(receiver, ops)
    for _ in range(20):
        send_test(endpoint, by=ops)

    def work():
        sender = clock.Sender()
        deadline = time.monotonic() + 20
        while (
            WebhookDelivery.objects.filter(state=DeliveryState.WAITING).exists()
            and time.monotonic() < deadline
        ):
            sender.round()
            time.sleep(0.01)
        sender.stop()
        connections.close_all()

    clocks = [threading.Thread(target=work) for _ in range(2)]
    for one in clocks:
        one.start()
    for one in clocks:
        one.join()
    numbers = Counter(headers["Xiaoer-Delivery"] for headers, _body in receiver.heard)
    assert len(numbers) == 20
    assert set(numbers.values()) == {1}


@pytest.mark.django_db(transaction=True)
def test_a_clock_killed_while_sending_is_made_good_under_the_same_number(ops, mei, order, team):
    """The receiver has heard it, the clock dies before it can say so: heard twice, one number."""
    hold = threading.Event()

    def slow(handler):
        hold.wait(20)
        say(200)(handler)

    with receiving(slow, say(200)) as receiver:
        endpoint = committed_hook(receiver, ops)
        opened(mei, order)
        tell_ripe(timezone.now())
        child = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import django; django.setup(); from django.utils import timezone;"
                "from accounts.webhooks.sending import claim, send;"
                "[send(k) for k, _h in claim(timezone.now(), limit=9, per_host=9, full=[])]",
            ],
            cwd=ROOT,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "config.settings",
                "DATABASE_URL": _database(),
            },
        )
        deadline = time.monotonic() + 30
        while not receiver.heard and time.monotonic() < deadline:
            time.sleep(0.02)
        child.send_signal(signal.SIGKILL)
        child.wait()
        hold.set()
        delivery = WebhookDelivery.objects.get()
        assert (delivery.state, delivery.attempts) == (DeliveryState.WAITING, 1)
        assert deliver() == []  # its lease runs
        assert deliver(timezone.now() + LEASE) == [DeliveryState.DELIVERED]
    assert endpoint.deliveries.count() == 1
    first, second = (headers["Xiaoer-Delivery"] for headers, _body in receiver.heard)
    assert first == second


def _database() -> str:
    from tests.tickets.live import database_url

    return database_url()
