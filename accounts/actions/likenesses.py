"""Which identities look like one person: one statement over all members, once a night."""

from datetime import datetime

from django.db import connection, transaction

from common.parameters import value

# A sign is a phone number or a mark that was seen with somebody; what too many share (the phone of a
# switchboard, a dormitory's address) is no sign. Who signs in as a member counts as that member.
# Open pairs that no sign supports any longer go; decided ones stay, and are never opened again.
FIND_SQL = r"""
WITH signs AS MATERIALIZED (
    SELECT 'phone' AS sign,
           regexp_replace(regexp_replace(m.phone, '[ -]', '', 'g'), '^[+]?86(?=1[0-9]{10}$)', '') AS thing,
           m.id AS member, NULL::bigint AS person
      FROM accounts_member m
     WHERE m.phone <> '' AND m.hidden_at IS NULL AND m.erased_at IS NULL
    UNION
    SELECT 'phone',
           regexp_replace(regexp_replace(u.phone, '[ -]', '', 'g'), '^[+]?86(?=1[0-9]{10}$)', ''),
           m.id, CASE WHEN m.id IS NULL THEN u.id END
      FROM accounts_user u LEFT JOIN accounts_member m ON m.user_id = u.id
     WHERE u.phone <> '' AND u.is_active AND m.hidden_at IS NULL AND m.erased_at IS NULL
    UNION
    SELECT k.kind, encode(k.digest, 'hex'), k.member_id, NULL
      FROM accounts_membermark k JOIN accounts_member m ON m.id = k.member_id
     WHERE m.hidden_at IS NULL AND m.erased_at IS NULL
),
telling AS (
    SELECT sign, thing FROM signs GROUP BY sign, thing HAVING count(*) BETWEEN 2 AND %(most)s
),
pairs AS MATERIALIZED (
    SELECT a.member, b.member AS other_member, b.person AS other_person,
           array_agg(DISTINCT a.sign ORDER BY a.sign)::varchar(8)[] AS signs
      FROM telling t
      JOIN signs a ON a.sign = t.sign AND a.thing = t.thing AND a.member IS NOT NULL
      JOIN signs b ON b.sign = t.sign AND b.thing = t.thing
                  AND (b.member > a.member OR b.person IS NOT NULL)
     WHERE NOT EXISTS (
            SELECT 1 FROM accounts_contactidentity one
              JOIN accounts_contactidentity two ON two.contact_id = one.contact_id
             WHERE one.member_id = a.member AND one.until IS NULL AND two.until IS NULL
               AND (two.member_id = b.member OR two.user_id = b.person)
           )
     GROUP BY a.member, b.member, b.person
),
gone AS (
    DELETE FROM accounts_likeness l
     WHERE l.state = 'open' AND NOT EXISTS (
            SELECT 1 FROM pairs p
             WHERE p.member = l.member_id
               AND p.other_member IS NOT DISTINCT FROM l.other_member_id
               AND p.other_person IS NOT DISTINCT FROM l.other_user_id
           )
),
kept AS (
    INSERT INTO accounts_likeness AS l
           (member_id, other_member_id, other_user_id, signs, state, found_at)
    SELECT p.member, p.other_member, p.other_person, p.signs, 'open', %(now)s
      FROM pairs p ORDER BY p.member, p.other_member, p.other_person
        ON CONFLICT (member_id, other_member_id, other_user_id)
        DO UPDATE SET signs = excluded.signs
     WHERE l.state = 'open' AND l.signs <> excluded.signs
    RETURNING (xmax = 0) AS is_new
)
SELECT count(*) FILTER (WHERE is_new) FROM kept
"""


@transaction.atomic
def find_likenesses(now: datetime) -> int:
    """Write down which identities look like one person now; return how many pairs are new.

    A second call finds nothing new.
    """
    with connection.cursor() as cursor:
        most = value("contacts.sign_shared_by_most", now)
        cursor.execute(FIND_SQL, {"most": most, "now": now})
        return int(cursor.fetchone()[0])
