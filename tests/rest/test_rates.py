"""Rate limits: how often somebody may ask, and what they are told."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from common import parameters
from common.clock import upkeep
from common.models import RateBucket
from common.parameters import set_value
from common.rest.rates import READS, STRANGERS, WRITES, give_back, take_turn

pytestmark = pytest.mark.django_db
API = "/api/v1"
NOON = datetime(2026, 11, 30, 4, tzinfo=UTC)


def allow(scope, a_minute):
    set_value(f"api.{scope}_a_minute", a_minute, by=None, reason="测试")
    parameters.forget()


def test_a_bucket_empties_and_fills(db):
    allow(WRITES, 6)
    turns = [take_turn("user:1", WRITES, now=NOON) for _ in range(7)]
    assert [turn.let_through for turn in turns] == [True] * 6 + [False]
    assert turns[-1].wait == 10
    assert not take_turn("user:1", WRITES, now=NOON + timedelta(seconds=9)).let_through
    assert take_turn("user:1", WRITES, now=NOON + timedelta(seconds=10)).let_through
    assert take_turn("user:2", WRITES, now=NOON).let_through


def test_a_clock_that_runs_behind_gives_nothing_away(db):
    allow(WRITES, 6)
    for _ in range(6):
        take_turn("user:1", WRITES, now=NOON)
    assert not take_turn("user:1", WRITES, now=NOON - timedelta(hours=1)).let_through
    assert not take_turn("user:1", WRITES, now=NOON).let_through


def test_who_asks_is_told_how_often_they_may(browser_of, mei):
    response = browser_of(mei).get(f"{API}/orders/")
    assert response["RateLimit-Policy"] == '"reads";q=600;w=60'
    assert response["RateLimit"] == '"reads";r=599;t=1'


def test_who_asks_too_often_is_told_when_to_come_back(browser_of, mei):
    allow(WRITES, 6)
    client = browser_of(mei)
    answers = [
        client.post(f"{API}/conversations/", {"x": 1}, content_type="application/json")
        for _ in range(7)
    ]
    assert [a.status_code for a in answers] == [400] * 6 + [429]
    assert (answers[-1].json()["code"], answers[-1]["Retry-After"]) == ("too_fast", "10")
    assert answers[-1]["RateLimit"].startswith('"writes";r=0')


def test_reads_and_writes_are_counted_apart(browser_of, mei):
    allow(READS, 10)
    client = browser_of(mei)
    assert [client.get(f"{API}/orders/").status_code for _ in range(11)] == [200] * 10 + [429]
    assert (
        client.post(f"{API}/conversations/", {}, content_type="application/json").status_code != 429
    )


def test_strangers_are_counted_by_their_address(client):
    allow(STRANGERS, 5)
    answers = [client.get(f"{API}/orders/", REMOTE_ADDR="10.0.0.1") for _ in range(6)]
    assert answers[-1].status_code == 429
    assert client.get(f"{API}/orders/", REMOTE_ADDR="10.0.0.2").status_code != 429


def test_nothing_new_costs_nothing(browser_of, mei):
    allow(READS, 10)
    client = browser_of(mei)
    tag = client.get(f"{API}/orders/")["ETag"]
    for _ in range(3):
        assert client.get(f"{API}/orders/", headers={"If-None-Match": tag}).status_code == 304
    assert client.get(f"{API}/orders/")["RateLimit"].startswith('"reads";r=8')


def test_giving_back_what_nobody_took_is_nothing(db):
    give_back("user:99", READS)
    assert take_turn("user:99", READS).left == 599


def test_upkeep_forgets_buckets_that_are_full_again(db):
    now = datetime.now(UTC)
    take_turn("user:1", WRITES, now=now - timedelta(minutes=5))
    take_turn("user:2", WRITES, now=now)
    upkeep(now)
    assert [bucket.key for bucket in RateBucket.objects.all()] == ["writes user:2"]


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_get_exactly_what_there_is():
    allow(WRITES, 40)
    start, through = threading.Barrier(8), []

    def hammer():
        try:
            start.wait()
            through.extend(take_turn("user:1", WRITES, now=NOON).let_through for _ in range(20))
        finally:
            connection.close()

    threads = [threading.Thread(target=hammer) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(through), sum(through)) == (160, 40)
