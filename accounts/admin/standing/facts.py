"""What standing says on the first page of the back office."""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import PopulationDay, Tier
from common.dashboard import Card, Facts, dashboard_facts


@dashboard_facts("population", permission="accounts.view_populationday", order=40, seconds=60)
def tier_mix(now: datetime) -> Facts:
    """Say how many members there are, and how many of them in which tier above NORMAL."""
    last = PopulationDay.objects.order_by("-on").first()
    if last is None:
        return Facts()
    higher = [
        f"{label} {last.tiers.get(tier, 0):,}"
        for tier, label in Tier.choices
        if tier in (Tier.SUPER, Tier.VIP88, Tier.APASS)
    ]
    card = Card(
        _("Members"),
        f"{last.members:,}",
        "、".join(higher),
        reverse("admin:accounts_populationday_changelist"),
        _("Population on %(day)s") % {"day": f"{last.on:%m-%d}"},
    )
    return Facts(cards=[card])
