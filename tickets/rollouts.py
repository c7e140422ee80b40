"""What the testbed is judged by at the desk: how often people had to ask a human."""

from django.utils.translation import gettext_lazy as _

from apass.rollouts.metrics import LOWER, declare_metric

declare_metric(
    "contacts_per_member",
    _("Human contacts"),
    _("talks per member"),
    better=LOWER,
    sql="""
        SELECT count(*) FROM tickets_conversation c
         WHERE c.member_id = k.key::bigint AND c.accepted_at > k.since AND c.accepted_at <= k.until
    """,
)
