from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApassConfig(AppConfig):
    name = "apass"
    verbose_name = _("Tiers")

    def ready(self) -> None:
        from apass import clock, inventory, parameters, receivers  # noqa: F401
        from apass.rollouts import clock as rollout_clock  # noqa: F401
        from apass.rollouts import metrics  # noqa: F401
        from apass.rollouts import parameters as rollout_parameters  # noqa: F401
