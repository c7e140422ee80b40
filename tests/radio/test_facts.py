"""What the radio says on the back office's first page and self-test."""

import pytest

from common.health import BAD, GOOD
from radio.facts import editions, last_editions, pending
from radio.models import Edition
from tests.radio.conftest import at


@pytest.fixture
def card():
    def read(now):
        (found,) = editions(now).cards
        return found

    return read


def test_before_nine_the_editions_are_said_to_come(card, fresh, logistics):
    found = card(at("2026-11-20 08:59:59"))
    assert (found.figure, found.note, found.tone) == ("2", "09:00出刊", "")


def test_at_nine_they_are_out(card, fresh, logistics):
    found = card(at("2026-11-20 09:00:00"))
    assert (found.figure, found.tone) == ("2", "")
    assert "已出" in found.note


def test_a_missing_edition_is_an_alarm(card, fresh, logistics):
    Edition.objects.filter(channel=logistics).delete()
    found = card(at("2026-11-20 09:00:01"))
    assert found.tone == "bad"
    states = {it.name: it.state for it in last_editions(at("2026-11-20 09:00:01"))}
    assert sorted(states.values()) == [BAD, GOOD]


def test_a_day_off_has_none(card, fresh, holidays):
    assert card(at("2026-10-01 10:00:00")).figure == "—"


def test_an_edition_nobody_was_told_of_is_found(fresh):
    found = last_editions(at("2026-11-20 09:05:00"))
    assert found[0].state == BAD
    Edition.objects.update(aired_at=at("2026-11-20 09:00:00"))
    assert last_editions(at("2026-11-20 09:05:00"))[0].state == GOOD


def test_a_new_channel_owes_nothing_yet(fresh):
    assert last_editions(at("2026-11-19 17:20:00"))[0].state == GOOD


def test_a_private_channel_stays_nameless(secret):
    assert "风控" not in str(last_editions(at("2026-11-19 17:20:00")))


def test_the_facts_ask_little(fresh, logistics, django_assert_max_num_queries):
    now = at("2026-11-20 09:00:00")
    editions(now)
    with django_assert_max_num_queries(5):
        editions(now)
    with django_assert_max_num_queries(2):
        last_editions(now)


def test_nothing_waits_for_a_screener(db):
    assert pending(at("2026-11-20 09:00:00")) == 0
