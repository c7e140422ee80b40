from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Role, User
from tests.conftest import person
from tickets.actions.conversations import open_conversation
from tickets.actions.ownership import accept_conversation
from tickets.models import Conversation


@pytest.fixture
def auditor(db) -> User:
    return person("aud", "严查", Role.AUDITOR)


@pytest.fixture
def root(db) -> User:
    return User.objects.create_superuser("root", "open-sesame-88")


@pytest.fixture
def waiting(mei, team, order) -> Conversation:
    """Mei waits in the queue of Bo's team."""
    return open_conversation(
        mei.member, by=mei, medium="web", order=order, body="车厘子坏了一半"
    ).conversation


@pytest.fixture
def owned(waiting, bo) -> Conversation:
    """Bo has accepted Mei's conversation."""
    return accept_conversation(waiting, by=bo)


@pytest.fixture
def long_waiting(waiting) -> Conversation:
    """Mei has waited for five minutes."""
    since = timezone.now() - timedelta(minutes=5)
    Conversation.objects.filter(pk=waiting.pk).update(queued_at=since, waiting_since=since)
    waiting.refresh_from_db()
    return waiting
