-- Returns the members a person is: with p_here those of the account itself, always those under
-- other accounts that share its contact now. In plpgsql on purpose: it is asked by every list staff
-- see, its plan is kept by the session, and it is not pasted into the lists' own plans.
CREATE OR REPLACE FUNCTION accounts_own_members(p_user bigint, p_here boolean)
RETURNS SETOF bigint LANGUAGE plpgsql STABLE ROWS 2 AS $$
BEGIN
    IF p_here THEN
        RETURN QUERY SELECT m.id FROM accounts_member m WHERE m.user_id = p_user;
    END IF;
    RETURN QUERY
    WITH joined AS MATERIALIZED (
        SELECT i.member_id, i.user_id
          FROM accounts_contactidentity i
         WHERE i.until IS NULL
           AND i.contact_id IN (
                SELECT c.contact_id FROM accounts_contactidentity c
                 WHERE c.user_id = p_user AND c.until IS NULL
                UNION
                SELECT c.contact_id FROM accounts_contactidentity c
                  JOIN accounts_member m ON m.id = c.member_id
                 WHERE m.user_id = p_user AND c.until IS NULL
           )
    ),
    others AS (
        SELECT j.member_id AS id FROM joined j WHERE j.member_id IS NOT NULL
        UNION
        SELECT m.id FROM accounts_member m
         WHERE m.user_id IN (SELECT j.user_id FROM joined j WHERE j.user_id IS NOT NULL)
    )
    SELECT m.id FROM accounts_member m JOIN others o ON o.id = m.id
     WHERE m.user_id IS DISTINCT FROM p_user;
END
$$;
