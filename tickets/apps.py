from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TicketsConfig(AppConfig):
    name = "tickets"
    verbose_name = _("Conversations")

    def ready(self) -> None:
        from tickets import (  # noqa: F401
            changes,
            clock,
            experience,
            goodwill,
            limits_data,
            parameters,
            portfolio,
            quotes,
            receivers,
            rollouts,
            topics,
        )
