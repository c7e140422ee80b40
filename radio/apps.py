from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RadioConfig(AppConfig):
    name = "radio"
    verbose_name = _("Nine o'clock radio")

    def ready(self) -> None:
        from radio import (  # noqa: F401
            changes,
            clock,
            parameters,
            receivers,
            topics,
        )
