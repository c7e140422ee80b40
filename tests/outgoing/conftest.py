import pytest

from accounts.actions import add_endpoint
from common import parameters
from tests.outgoing.receivers import receiving


def turn(key, value):
    """Set a number of the house at once: what waits for the commit never comes in a test."""
    parameters.set_value(key, value, by=None, reason="测试")
    parameters.forget()


@pytest.fixture
def allow(db):
    """Open a receiver on this machine by hand, as operations would one on their premises."""

    def opened(*receivers):
        words = ",".join(receiver.authority for receiver in receivers)
        turn("webhooks.allowed_inside", words)

    return opened


@pytest.fixture
def receiver():
    with receiving() as running:
        yield running


@pytest.fixture
def hook(receiver, allow, ops):
    """Ops hears of everything about conversations, at a receiver that answers 200."""
    allow(receiver)
    events = ["conversation.opened", "conversation.accepted", "conversation.resolved"]
    endpoint, secret = add_endpoint(url=receiver.url, events=events, by=ops)
    endpoint.plain_secret = secret
    return endpoint
