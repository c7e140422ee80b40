from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RadioConfig(AppConfig):
    name = "radio"
    verbose_name = _("Nine o'clock radio")

    def ready(self) -> None:
        from radio import changes, clock, parameters, topics  # noqa: F401
