from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TradeConfig(AppConfig):
    name = "trade"
    verbose_name = _("Orders")

    def ready(self) -> None:
        from trade import (  # noqa: F401
            changes,
            clock,
            experience,
            fairness,
            goodwill,
            portfolio,
            receivers,
            rollouts,
            rulebook,
            shelves,
        )
        from trade.ratings import clock as rating_clock  # noqa: F401
