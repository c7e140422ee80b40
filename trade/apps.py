from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TradeConfig(AppConfig):
    name = "trade"
    verbose_name = _("Orders")

    def ready(self) -> None:
        from trade import changes, clock, fairness, receivers, rollouts, rulebook  # noqa: F401
        from trade.ratings import clock as rating_clock  # noqa: F401
