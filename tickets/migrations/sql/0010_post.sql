-- Returns how many seconds a limited member still waits before the next message: their last one, in
-- whichever of their limited conversations, and the time between two.
CREATE OR REPLACE FUNCTION tickets_slow_wait(p_member bigint, p_slow int, p_now timestamptz)
RETURNS int LANGUAGE sql STABLE AS $$
    SELECT coalesce(least(greatest(
               ceil(p_slow - extract(epoch FROM p_now - max(t.sent_at))), 0), p_slow), 0)::int
      FROM tickets_conversation c
      JOIN tickets_message t ON t.conversation_id = c.id AND t.seq = c.last_member_seq
     WHERE c.member_id = p_member AND c.limited_until > p_now
$$;

-- Stores a batch of messages: the one statement through which every word enters a conversation.
--
-- Locks the conversations in id order, judges each message (is the author there, is it a retry, is
-- the conversation open to them), numbers what may be stored without gaps, and applies what posting
-- does to a conversation: counters, clocks, reopening with its history line. Notifies the bus with
-- the stored frames unless p_origin is null; outside, a conversation is called cnv_ and its
-- digits. Returns one row per input, in the order of p_ord.
--
-- Limits: a member under a contact block says words alone, slowly, and comes back to nothing that is
-- done; they stand on the conversation's row, which is held anyway. Only who is limited costs more.
--
-- p_seen: the last number the author has read, or -1 for "send anyway".
CREATE OR REPLACE FUNCTION tickets_post(
    p_conversation uuid[], p_client uuid[], p_author_kind text[], p_author bigint[],
    p_author_name text[], p_kind text[], p_body text[], p_payload text[], p_seen int[],
    p_now timestamptz, p_reopen interval, p_reply_roles text[], p_origin text
) RETURNS TABLE (ord int, outcome text, seq int, at timestamptz, detail text)
LANGUAGE plpgsql AS $$
DECLARE
    answer record;
    frames text := '';
    piece text;
    shown text;
BEGIN
    PERFORM 1 FROM tickets_conversation c
     WHERE c.id = ANY (p_conversation) ORDER BY c.id FOR NO KEY UPDATE;

    -- A statement of its own: its snapshot sees what the previous holder of the locks committed.
    FOR answer IN
        WITH input AS (
            SELECT t.*, t.n::int AS nth
              FROM unnest(
                p_conversation, p_client, p_author_kind, p_author, p_author_name,
                p_kind, p_body, p_payload, p_seen
              ) WITH ORDINALITY AS t (
                conversation_id, client_id, author_kind, author_id, author_name,
                kind, body, payload, seen, n
              )
        ),
        permitted AS MATERIALIZED (
            SELECT i.*,
                   c.last_seq AS old_seq,
                   c.state,
                   c.member_id,
                   stored.seq AS stored_seq,
                   stored.sent_at AS stored_at,
                   row_number() OVER (PARTITION BY i.conversation_id, i.client_id ORDER BY i.nth) AS copy,
                   CASE
                       WHEN c.id IS NULL THEN 'not_found'
                       WHEN i.author_kind = 'member'
                            AND (u.id IS NULL OR NOT u.is_active OR m.user_id IS DISTINCT FROM u.id)
                            THEN 'not_found'
                       WHEN i.author_kind = 'agent'
                            AND (u.id IS NULL OR NOT u.is_active
                                 OR NOT (u.is_superuser OR u.roles && p_reply_roles::varchar[]))
                            THEN 'not_found'
                       WHEN stored.seq IS NOT NULL THEN 'duplicate'
                       WHEN c.state = 'closed' AND i.author_kind <> 'system' THEN 'closed'
                       WHEN c.state = 'resolved' AND i.author_kind = 'member'
                            AND c.resolved_at + p_reopen <= p_now THEN 'closed'
                       WHEN c.state = 'resolved' AND i.author_kind IN ('agent', 'bot') THEN 'closed'
                       WHEN i.author_kind = 'agent' AND c.owner_id IS DISTINCT FROM i.author_id
                            THEN 'not_owner'
                       WHEN i.author_kind = 'member' AND c.limited_until > p_now
                            AND c.state = 'resolved' THEN 'blocked'
                       WHEN i.author_kind = 'member' AND c.limited_until > p_now
                            AND c.limited_to_text AND i.kind IN ('image', 'file', 'sticker')
                            THEN 'text_only'
                       WHEN i.seen >= 0 AND c.last_member_seq > i.seen THEN 'unseen'
                       ELSE 'stored'
                   END AS allowed,
                   (i.author_kind = 'member' AND c.limited_until > p_now
                    AND c.limited_slow_seconds > 0) AS slow,
                   min(i.nth) OVER (PARTITION BY i.conversation_id, i.client_id) AS first_nth,
                   o.display_name AS owner_name,
                   c.last_member_seq,
                   c.limited_slow_seconds
              FROM input i
              LEFT JOIN tickets_conversation c ON c.id = i.conversation_id
              LEFT JOIN accounts_member m ON m.id = c.member_id
              LEFT JOIN accounts_user u ON u.id = i.author_id
              LEFT JOIN accounts_user o ON o.id = c.owner_id
              LEFT JOIN LATERAL (
                SELECT t.seq, t.sent_at FROM tickets_message t
                 WHERE t.conversation_id = i.conversation_id AND t.client_id = i.client_id
                 LIMIT 1
              ) stored ON true
        ),
        -- One word of a slowed member at a time: of several in one batch the first that may be stored
        -- is. A retry and what is refused anyway hold nobody up.
        judged AS MATERIALIZED (
            SELECT p.*,
                   CASE
                       WHEN p.slow AND p.allowed = 'stored'
                            AND (tickets_slow_wait(p.member_id, p.limited_slow_seconds, p_now) > 0
                                 OR EXISTS (
                                    SELECT 1 FROM permitted e
                                     WHERE e.slow AND e.allowed = 'stored'
                                       AND e.author_id = p.author_id AND e.nth < p.first_nth))
                            THEN 'too_soon'
                       ELSE p.allowed
                   END AS verdict
              FROM permitted p
        ),
        numbered AS MATERIALIZED (
            SELECT j.*,
                   j.old_seq
                   + row_number() OVER (PARTITION BY j.conversation_id ORDER BY j.nth)::int AS new_seq
              FROM judged j WHERE j.verdict = 'stored' AND j.copy = 1
        ),
        inserted AS (
            INSERT INTO tickets_message (
                conversation_id, seq, client_id, author_kind, author_id, author_name,
                kind, body, payload, sent_at
            )
            SELECT n.conversation_id, n.new_seq, n.client_id, n.author_kind, n.author_id, n.author_name,
                   n.kind, n.body, n.payload::jsonb, p_now
              FROM numbered n
        ),
        spoken AS (
            SELECT n.*,
                   max(n.new_seq) FILTER (WHERE n.author_kind = 'agent') OVER c AS agent_seq,
                   max(n.new_seq) FILTER (WHERE n.author_kind = 'member') OVER c AS member_seq,
                   row_number() OVER (
                       PARTITION BY n.conversation_id
                       ORDER BY n.author_kind = 'system', n.new_seq DESC
                   ) AS back
              FROM numbered n WINDOW c AS (PARTITION BY n.conversation_id)
        ),
        effects AS (
            SELECT s.conversation_id,
                   max(s.new_seq) AS last_seq,
                   max(s.agent_seq) AS agent_seq,
                   max(s.member_seq) AS member_seq,
                   count(*) FILTER (
                       WHERE s.author_kind = 'member' AND s.new_seq > coalesce(s.agent_seq, 0)
                   ) AS for_staff,
                   count(*) FILTER (
                       WHERE s.author_kind <> 'member' AND s.new_seq > coalesce(s.member_seq, 0)
                   ) AS for_member,
                   -- What somebody said last: the house's own lines ("… is here") are not it.
                   max(s.author_kind) FILTER (WHERE s.back = 1 AND s.author_kind <> 'system')
                       AS author_kind,
                   max(s.kind) FILTER (WHERE s.back = 1 AND s.author_kind <> 'system') AS kind,
                   max(left(s.body, 80)) FILTER (WHERE s.back = 1 AND s.author_kind <> 'system')
                       AS preview,
                   bool_or(s.state = 'resolved' AND s.author_kind = 'member') AS reopens
              FROM spoken s GROUP BY s.conversation_id
        ),
        touched AS (
            UPDATE tickets_conversation c SET
                last_seq = e.last_seq,
                last_message_at = p_now,
                last_author_kind = coalesce(e.author_kind, c.last_author_kind),
                last_message_kind = coalesce(e.kind, c.last_message_kind),
                last_preview = coalesce(e.preview, c.last_preview),
                last_member_seq = coalesce(e.member_seq, c.last_member_seq),
                staff_unread =
                    CASE WHEN e.agent_seq IS NULL THEN c.staff_unread ELSE 0 END + e.for_staff,
                member_unread =
                    CASE WHEN e.member_seq IS NULL THEN c.member_unread ELSE 0 END + e.for_member,
                waiting_since = CASE
                    WHEN e.member_seq IS NOT NULL AND e.member_seq > coalesce(e.agent_seq, 0)
                        THEN CASE WHEN e.agent_seq IS NULL THEN coalesce(c.waiting_since, p_now) ELSE p_now END
                    WHEN e.agent_seq IS NOT NULL THEN NULL
                    ELSE c.waiting_since
                END,
                first_responded_at = CASE
                    WHEN e.agent_seq IS NULL THEN c.first_responded_at
                    ELSE coalesce(c.first_responded_at, p_now)
                END,
                state = CASE WHEN e.reopens THEN 'waiting' ELSE c.state END,
                owner_id = CASE WHEN e.reopens THEN NULL ELSE c.owner_id END,
                queued_at = CASE WHEN e.reopens THEN p_now ELSE c.queued_at END,
                resolved_at = CASE WHEN e.reopens THEN NULL ELSE c.resolved_at END,
                disposition_id = CASE WHEN e.reopens THEN NULL ELSE c.disposition_id END,
                reopened_count = c.reopened_count + CASE WHEN e.reopens THEN 1 ELSE 0 END
              FROM effects e WHERE c.id = e.conversation_id
        ),
        remembered AS (
            INSERT INTO common_event (
                id, at, actor_id, action, subject_type, subject_id, before, after, reason
            )
            SELECT common_uuid7(p_now), p_now,
                   (SELECT s.author_id FROM spoken s
                     WHERE s.conversation_id = e.conversation_id AND s.author_kind = 'member' LIMIT 1),
                   'conversation.reopened', 'tickets.conversation', e.conversation_id::text,
                   '{"state": "resolved"}', '{"state": "waiting"}', ''
              FROM effects e WHERE e.reopens
        ),
        dropped AS (
            DELETE FROM common_deadline d USING effects e
             WHERE e.reopens AND d.kind = 'conversation.close'
               AND d.subject_id = e.conversation_id::text AND d.done_at IS NULL
        )
        SELECT j.nth, j.verdict, j.conversation_id, j.client_id, j.author_kind, j.author_name,
               j.kind, j.body, j.payload, j.copy, j.stored_at, j.owner_name, j.last_member_seq,
               j.member_id, j.limited_slow_seconds,
               coalesce(n.new_seq, j.stored_seq) AS number,
               (j.state = 'resolved' AND j.author_kind = 'member') AS reopens
          FROM judged j
          LEFT JOIN numbered n
            ON n.conversation_id = j.conversation_id AND n.client_id = j.client_id
         ORDER BY j.nth
    LOOP
        ord := answer.nth;
        outcome := answer.verdict;
        seq := answer.number;
        at := coalesce(answer.stored_at, p_now);
        detail := CASE answer.verdict
            WHEN 'not_owner' THEN answer.owner_name
            WHEN 'unseen' THEN answer.last_member_seq::text
            -- Nothing to wait for yet: the message before it is stored by this very statement.
            WHEN 'too_soon' THEN coalesce(
                nullif(tickets_slow_wait(answer.member_id, answer.limited_slow_seconds, p_now), 0),
                answer.limited_slow_seconds)::text
            WHEN 'stored' THEN CASE WHEN answer.reopens THEN 'reopened' END
        END;
        IF answer.verdict = 'stored' AND answer.copy > 1 THEN
            outcome := 'duplicate';
        ELSIF answer.verdict = 'stored' AND p_origin IS NOT NULL THEN
            shown := 'cnv_' || encode(uuid_send(answer.conversation_id), 'hex');
            piece := json_build_array(
                'conversation.' || shown,
                answer.number,
                json_build_object(
                    'op', 'message', 'conversation', shown, 'seq', answer.number,
                    'client_id', answer.client_id,
                    'author', json_build_object('kind', answer.author_kind, 'name', answer.author_name),
                    'kind', answer.kind, 'body', answer.body, 'payload', answer.payload::json,
                    'at', to_char(p_now AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                    'recalled', false
                )
            )::text;
            IF octet_length(piece) > 7000 THEN
                -- Too large for a notification: receivers read the row.
                piece := json_build_array('conversation.' || shown, answer.number, null)::text;
            END IF;
            IF octet_length(frames) + octet_length(piece) > 7500 THEN
                PERFORM pg_notify('xiaoer_bus', '["batch",{"o":"' || p_origin || '","f":[' || frames || ']}]');
                frames := piece;
            ELSE
                frames := frames || CASE WHEN frames = '' THEN '' ELSE ',' END || piece;
            END IF;
        END IF;
        RETURN NEXT;
    END LOOP;
    IF frames <> '' THEN
        PERFORM pg_notify('xiaoer_bus', '["batch",{"o":"' || p_origin || '","f":[' || frames || ']}]');
    END IF;
END
$$;
