"""What a shop still has to give, among its things to do."""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from merchants.home.todo import Facts, Todo, Waiting, declare_todo


def _give(due: datetime, since: datetime, facts: Facts) -> Waiting:
    n = facts["n"]
    return Waiting(
        "give", due, since,
        ngettext("%(n)s promise to a customer is to be kept", "%(n)s promises to customers are to be kept", n)
        % {"n": n},
        _("After this day it is late, and the customer is told."),
        f"{reverse('shop-goodwill')}?shop={facts['shop']}", _("Give it"), "spend",
    )  # fmt: skip


declare_todo(
    Todo(
        "give",
        """
        SELECT min(g.due_at), min(g.answered_at),
               jsonb_build_object('n', count(*), 'shop', min(s.shop_no))
          FROM merchants_gesture g JOIN merchants_shop s ON s.id = g.shop_id
         WHERE g.shop_id = %(shop)s AND g.state = 'accepted' AND g.coupon_code = '' AND g.due_at > %(now)s
        HAVING count(*) > 0
        """,
        _give,
    )
)
