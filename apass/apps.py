from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApassConfig(AppConfig):
    name = "apass"
    verbose_name = _("Tiers")

    def ready(self) -> None:
        from apass import clock, parameters  # noqa: F401
