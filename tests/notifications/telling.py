"""Telling somebody something, and what becomes of it."""

from datetime import timedelta

import time_machine

from accounts.actions import (
    notify,
)
from accounts.models import (
    NotificationDelivery,
)
from tests.notifications.conftest import NOW

URL = "/me/"


def tell(who, kind="test.plain", **more):
    return notify(who, kind, **({"title": "有新回复", "body": "您的退款到了", "url": URL} | more))


def delivery():
    return NotificationDelivery.objects.get()


def later(**span):
    return time_machine.travel(NOW + timedelta(**span), tick=False)


def refusing(monkeypatch, error):
    def send(self, *args, **kwargs):
        raise error

    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", send)
