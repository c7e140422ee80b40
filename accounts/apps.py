from importlib import import_module

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        # Every app opens its own doors, names its own numbers and what it tells people.
        autodiscover_modules(
            "doors",
            "parameters",
            "business",
            "personal_data",
            "webhooks",
            "notifications",
            "inventory",
        )
        for room in ("receivers", "clock", "notifications.health", "notifications.numbers"):
            import_module(f"accounts.{room}")

        from accounts.standing import clock as _previews  # noqa: F401
        from accounts.webhooks import clock, health, numbers  # noqa: F401
