"""Numbers of the tiers' promises (service standard, member tiers)."""

from django.utils.translation import gettext_lazy as _

from common.parameters import declare

for _tier, _priority in (("new", 3), ("normal", 4), ("super", 3), ("vip88", 2), ("apass", 1)):
    declare(
        f"tier.queue_priority.{_tier}",
        _priority,
        _("Place in the queue of tier %s; 1 is served first") % _tier,
        minimum=1,
        maximum=9,
    )
