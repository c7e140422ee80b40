"""What the testbed is judged by at the desk: how often people had to ask a human."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext_lazy as _

from apass.rollouts.metrics import LOWER, metric

CONTACTS_SQL = """
SELECT k.subject,
       (SELECT count(*) FROM tickets_conversation c
         WHERE c.member_id = k.member AND c.accepted_at > k.since AND c.accepted_at <= %s)
  FROM unnest(%s::text[], %s::bigint[], %s::timestamptz[]) AS k(subject, member, since)
"""


@metric("contacts_per_member", _("Human contacts"), _("talks per member"), better=LOWER)
def contacts_per_member(since: Mapping[str, datetime], until: datetime) -> Mapping[str, float]:
    """Return how many talks of each member a human has accepted since they met the rollout."""
    keys = list(since)
    members = [int(key.partition(":")[2]) for key in keys]
    with connection.cursor() as cursor:
        cursor.execute(CONTACTS_SQL, [until, keys, members, [since[key] for key in keys]])
        return dict(cursor.fetchall())
