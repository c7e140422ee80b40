"""What conversations hear from below."""

from typing import Any

from django.dispatch import receiver
from django_q.tasks import async_task

from accounts.models import User
from accounts.signals import left_the_desk


@receiver(left_the_desk)
def return_their_conversations(sender: type[User], user: User, **kwargs: Any) -> None:
    """Nobody's conversation stays with someone who cannot answer it."""
    async_task("tickets.tasks.return_conversations", user.pk)
