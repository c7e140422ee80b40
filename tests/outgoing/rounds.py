"""What a clock does in one round, and talks to tell of."""

from datetime import timedelta

from django.utils import timezone

from accounts.actions import add_endpoint
from accounts.models import DeliveryState
from accounts.webhooks.sending import claim, send
from accounts.webhooks.telling import tell_ripe
from tests.outgoing.conftest import turn
from tickets.actions.conversations import open_conversation


def opened(mei, order, body="坏了"):
    return open_conversation(mei.member, by=mei, medium="web", order=order, body=body).conversation


def deliver(now=None) -> list[DeliveryState | None]:
    """Do what a clock does in one round."""
    moment = now or timezone.now()
    tell_ripe(moment)
    return [send(key, now=now) for key, _host in claim(moment, limit=50, per_host=50, full=[])]


def later(**span):
    return timezone.now() + timedelta(**span)


def committed_hook(receiver, ops):
    """Return a hook that is made like any other row, for tests whose rows are committed."""
    turn("webhooks.allowed_inside", receiver.authority)
    return add_endpoint(url=receiver.url, events=["conversation.opened"], by=ops)[0]
