"""Numbers of trade."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from common.parameters import declare

declare(
    "trade.orders_kept",
    timedelta(days=1096),
    _("How long an order is kept after it is completed, once its member has asked to be erased"),
    # E-Commerce Law 31: three years from completion.
    minimum=timedelta(days=1096),
    maximum=timedelta(days=5479),
    legal=True,
    unit=_("seconds"),
)
declare(
    "trade.no_reason_days",
    7,
    _("Days after the day of signing in which a thing goes back without a reason"),
    # Consumer Rights Law 25: seven days at least.
    minimum=7,
    maximum=90,
    legal=True,
)
declare(
    "trade.no_reason_excluded",
    "定制,鲜活易腐,生鲜,数字商品,报刊",
    _("Categories that do not go back without a reason, separated by commas"),
)
