"""What conversations hear from below."""

from typing import Any

from django.dispatch import receiver
from django_q.tasks import async_task

from accounts.models import User
from accounts.signals import identities_merged, left_the_desk
from tickets.actions.ownership import return_own_cases


@receiver(left_the_desk)
def return_their_conversations(sender: type[User], user: User, **kwargs: Any) -> None:
    """Nobody's conversation stays with someone who cannot answer it."""
    async_task("tickets.tasks.return_conversations", user.pk)


@receiver(identities_merged)
def return_what_became_own(sender: Any, users: list[User], **kwargs: Any) -> None:
    """Nobody goes on answering somebody who turned out to be themselves."""
    return_own_cases(users)
