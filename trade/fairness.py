"""What shops lose by refunds after a flagged member met them, told to the measurement of flags."""

from django.utils.translation import gettext_lazy as _

from merchants.complaints.outcomes import Outcome, declare_outcome

declare_outcome(
    Outcome(
        "loss",
        _("Refunded"),
        "SELECT met.flag_id, sum(o.refunded_amount) FROM met JOIN trade_order o "
        "ON o.member_id = met.member_id AND o.shop_id = met.shop_id AND o.paid_at >= met.since "
        "AND o.paid_at < met.until GROUP BY met.flag_id",
        is_money=True,
    )
)
