from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkforceConfig(AppConfig):
    name = "workforce"
    verbose_name = _("Teams")

    def ready(self) -> None:
        from workforce import clock, looking_after  # noqa: F401
