from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class CommonConfig(AppConfig):
    name = "common"
    verbose_name = _("Records and rules")

    def ready(self) -> None:
        from common import (
            api_numbers,  # noqa: F401
            backoffice_parameters,  # noqa: F401  (declares them)
        )
        from common.chain import clock, health  # noqa: F401  (the clock seals the history)
        from common.paths import register_keys
        from common.schedules import sync_schedules

        register_keys()
        autodiscover_modules("search")
        post_migrate.connect(
            sync_schedules, sender=apps.get_app_config("django_q"), dispatch_uid="schedules.sync"
        )
