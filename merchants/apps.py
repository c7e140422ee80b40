from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MerchantsConfig(AppConfig):
    name = "merchants"
    verbose_name = _("Merchants")

    def ready(self) -> None:
        from merchants import clock, rollouts  # noqa: F401
        from merchants.bulletins import clock as bulletin_clock  # noqa: F401
        from merchants.bulletins import parameters as bulletin_parameters  # noqa: F401
        from merchants.complaints import parameters as complaint_parameters  # noqa: F401
        from merchants.experience import clock as experience_clock  # noqa: F401
        from merchants.experience import (
            own_metrics,  # noqa: F401
            trusted,  # noqa: F401
        )
        from merchants.experience import parameters as experience_parameters  # noqa: F401
        from merchants.experience import recomputing as experience_recomputing  # noqa: F401
        from merchants.goodwill import clock as goodwill_clock  # noqa: F401
        from merchants.goodwill import parameters as goodwill_parameters  # noqa: F401
        from merchants.goodwill import todo as goodwill_todo  # noqa: F401
        from merchants.key_accounts import clock as manager_clock  # noqa: F401
        from merchants.key_accounts import doors  # noqa: F401
        from merchants.key_accounts import parameters as manager_parameters  # noqa: F401
        from merchants.penalties import parameters, recomputing, standing, words  # noqa: F401
        from merchants.ratings import clock as rating_clock  # noqa: F401
        from merchants.ratings import parameters as rating_parameters  # noqa: F401
        from merchants.rulebook import clock as rule_clock  # noqa: F401
        from merchants.rulebook import parameters as rule_parameters  # noqa: F401
        from merchants.rulebook import shop_facts  # noqa: F401
