"""The only way to tell browsers that something happened."""

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

from common.layer import PostgresChannelLayer, notify_many_now, notify_now

log = logging.getLogger(__name__)


def push(topic: str, event: str, **ids: int | str) -> None:
    """Send ``event`` to every socket on ``topic`` after the open transaction commits.

    ``ids`` name rows, never their content: who hears it re-reads through ``visible_to``. Best
    effort by design: a dead bus is logged and must not fail a write that is already committed.
    """
    message = {"type": "push", "event": event, "ids": {k: str(v) for k, v in ids.items()}}
    transaction.on_commit(lambda: send_now(topic, message), robust=True)


def push_many(topics: Iterable[str], event: str, **ids: int | str) -> None:
    """Send ``event`` to each of ``topics`` as :func:`push` does, in one statement where the bus allows."""
    named = sorted(set(topics))
    message = {"type": "push", "event": event, "ids": {k: str(v) for k, v in ids.items()}}
    if named:
        transaction.on_commit(lambda: _send_many(named, message), robust=True)


def carries_frames() -> bool:
    """Tell whether the bus is NOTIFY, on which a statement can put its frames in its own transaction."""
    return isinstance(get_channel_layer(), PostgresChannelLayer)


def _send_many(topics: list[str], message: Mapping[str, Any]) -> None:
    if isinstance(get_channel_layer(), PostgresChannelLayer):
        notify_many_now(topics, message)
    else:
        for topic in topics:
            send_now(topic, message)


def send_now(topic: str, message: Mapping[str, Any]) -> None:
    """Send ``message`` to ``topic`` at once."""
    layer = get_channel_layer()
    if isinstance(layer, PostgresChannelLayer):
        notify_now(topic, dict(message))
    else:
        # A foreign layer does not tell its receiver which group a message came from.
        async_to_sync(layer.group_send)(topic, {**message, "topic": topic})
