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
