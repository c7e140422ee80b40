"""Numbers of the tiers' promises (service standard, member tiers)."""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Tier
from common.parameters import declare

for _tier, _priority in (
    (Tier.NEW, 3),
    (Tier.NORMAL, 4),
    (Tier.SUPER, 3),
    (Tier.VIP88, 2),
    (Tier.APASS, 1),
):
    declare(
        f"tier.queue_priority.{_tier.value}",
        _priority,
        format_lazy(_("Place in the queue of {tier}; 1 is served first"), tier=_tier.label),
        minimum=1,
        maximum=9,
    )
