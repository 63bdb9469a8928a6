-- Stores a batch of sends, each by itself, for one transaction or many, in one commit; takes the place of the function
-- that waited for every lock of its batch.
--
-- The arrays run in parallel, an element a send; within a transaction the order of the sends is the order of the
-- messages. The answer has a row a send, in order:
--   SENT       stored; the message is new
--   DUPLICATE  the same was sent before under this clientMessageId; the message is that one, as it is now
--   CONFLICT   something else was sent before under this clientMessageId
--   NOT_FOUND  no such transaction, or the sender takes no part in it
--   LOCKED     it would be stored, but this call doesn't hold the lock of its transaction
-- Whether a transaction is locked changes only SENT to LOCKED: to a stranger it is no other than one that doesn't exist.
--
-- With a p_patience_ms of 0 no transaction that somebody else has locked is waited for; otherwise all together are, up to
-- that long, and when that is over each of the others for 10 ms. Those in p_awaited are not locked, free or not: the caller waits for them in another call, whose sends come first.
--
-- The locks come first and alone. It must be VOLATILE: then the statement after them has a snapshot of its own, taken
-- when the locks are held, and sees what the holders before us committed. One statement that locks and inserts would
-- not: after a lock wait READ COMMITTED reads only the locked row anew. Lock order: Transaction by key, then Participant.
DROP FUNCTION send_messages(uuid[], text[], text[], "MessageType"[], text[], uuid[], text[]);

CREATE FUNCTION send_messages(
    p_ids                uuid[],
    p_transaction_keys   text[],
    p_sender_keys        text[],
    p_types              "MessageType"[],
    p_contents           text[],
    p_reply_to_ids       uuid[],
    p_client_message_ids text[],
    p_patience_ms        int,
    p_awaited            text[]
) RETURNS TABLE (
    outcome             text,
    id                  uuid,
    "transactionKey"    text,
    "sequence"          int,
    "position"          int,
    "version"           int,
    "type"              text,
    "senderKey"         text,
    content             text,
    "replyToId"         uuid,
    "clientMessageId"   text,
    "createdAt"         timestamptz,
    "editedAt"          timestamptz,
    "deletedAt"         timestamptz,
    "senderDisplayName" text,
    "senderAvatarUrl"   text,
    "senderStatus"      text,
    "senderLastSeenAt"  timestamptz
) LANGUAGE plpgsql VOLATILE
-- Planned at each call, with the tables as large as they are then: a plan that was made and kept while they were small goes
-- through all messages each time, until autovacuum comes by.
SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
    v_sought text[];
    v_locked text[];
    v_key    text;
    v_until  timestamptz;
    v_left_ms int;
    v_now    timestamptz;
BEGIN
    -- Only where a sender has a seat: a stranger's send neither waits for a lock nor makes others wait.
    v_sought := ARRAY(
        SELECT s.transaction_key
        FROM unnest(p_transaction_keys, p_sender_keys) AS s(transaction_key, sender_key)
        LEFT JOIN "Participant" p
            ON p."transactionKey" = s.transaction_key AND p."userKey" = s.sender_key AND p."leftAt" IS NULL
        WHERE s.sender_key IS NULL OR p."id" IS NOT NULL
    );
    IF p_patience_ms = 0 THEN
        v_locked := ARRAY(
            SELECT t."key" FROM "Transaction" t
            WHERE t."key" = ANY (v_sought) AND t."key" <> ALL (p_awaited)
            ORDER BY t."key" FOR NO KEY UPDATE SKIP LOCKED
        );
    ELSE
        v_locked := '{}';
        v_until := clock_timestamp() + p_patience_ms * interval '1 millisecond';
        FOR v_key IN
            SELECT DISTINCT sought."key" COLLATE "C" FROM unnest(v_sought) AS sought("key")
            WHERE sought."key" <> ALL (p_awaited) ORDER BY 1
        LOOP
            -- A lock that is not to be had keeps nobody from the others: what is left of the patience is for them.
            BEGIN
                v_left_ms := ceil(extract(epoch FROM v_until - clock_timestamp()) * 1000);
                PERFORM set_config('lock_timeout', greatest(v_left_ms, 10)::text, true);
                PERFORM FROM "Transaction" t WHERE t."key" = v_key FOR NO KEY UPDATE;
                v_locked := v_locked || v_key;
            EXCEPTION WHEN lock_not_available THEN
                NULL;
            END;
        END LOOP;
    END IF;

    v_now := date_trunc('milliseconds', clock_timestamp());

    RETURN QUERY
    WITH send AS (
        SELECT s.*
        FROM unnest(p_ids, p_transaction_keys, p_sender_keys, p_types, p_contents, p_reply_to_ids, p_client_message_ids)
            WITH ORDINALITY AS s(id, transaction_key, sender_key, type, content, reply_to_id, client_message_id, ordinal)
    ), judged AS (
        SELECT
            send.*,
            t."messageCount" AS message_count,
            t."timelinePosition" AS timeline_position,
            greatest(v_now, t."lastActivityAt") AS sent_at,
            earlier."id" AS earlier_id,
            CASE
                WHEN t."key" IS NULL THEN 'NOT_FOUND'
                WHEN send.sender_key IS NOT NULL AND seat."id" IS NULL THEN 'NOT_FOUND'
                WHEN earlier."id" IS NULL AND t."key" = ANY (v_locked) THEN 'SENT'
                WHEN earlier."id" IS NULL THEN 'LOCKED'
                WHEN entry."data" ->> 'content' IS NOT DISTINCT FROM send.content
                    AND earlier."type" = send.type
                    AND earlier."replyToId" IS NOT DISTINCT FROM send.reply_to_id THEN 'DUPLICATE'
                ELSE 'CONFLICT'
            END AS outcome
        FROM send
        LEFT JOIN "Transaction" t ON t."key" = send.transaction_key
        LEFT JOIN "Participant" seat
            ON seat."transactionKey" = send.transaction_key AND seat."userKey" = send.sender_key AND seat."leftAt" IS NULL
        LEFT JOIN "Message" earlier
            ON earlier."transactionKey" = send.transaction_key
            AND earlier."senderKey" IS NOT DISTINCT FROM send.sender_key
            AND earlier."clientMessageId" = send.client_message_id
        LEFT JOIN "TimelineEntry" entry
            ON entry."transactionKey" = earlier."transactionKey" AND entry."position" = earlier."position"
    ), numbered AS (
        SELECT judged.*, row_number() OVER (PARTITION BY transaction_key ORDER BY ordinal)::int AS nth
        FROM judged WHERE outcome = 'SENT'
    ), message AS (
        INSERT INTO "Message" (
            "id", "transactionKey", "sequence", "position", "version", "type", "senderKey", "content", "replyToId",
            "clientMessageId", "createdAt"
        )
        SELECT
            n.id, transaction_key, message_count + nth, timeline_position + nth, timeline_position + nth, type, sender_key,
            content, reply_to_id, client_message_id, sent_at
        FROM numbered n
        RETURNING *
    ), entry AS (
        INSERT INTO "TimelineEntry" ("transactionKey", "position", "kind", "actorKey", "messageId", "data", "occurredAt")
        SELECT
            transaction_key, timeline_position + nth, 'MESSAGE_SENT', sender_key, n.id,
            jsonb_build_object('content', content), sent_at
        FROM numbered n
    ), head AS (
        UPDATE "Transaction" t
        SET "messageCount" = t."messageCount" + sent.count,
            "timelinePosition" = t."timelinePosition" + sent.count,
            "lastActivityAt" = sent.at
        FROM (SELECT transaction_key, count(*)::int AS count, max(sent_at) AS at FROM numbered GROUP BY 1) sent
        WHERE t."key" = sent.transaction_key
    ), seat AS (
        UPDATE "Participant" p
        SET "unreadFromSequence" = greatest(p."unreadFromSequence", sent.newest)
        FROM (
            SELECT transaction_key, sender_key, max(message_count + nth) AS newest
            FROM numbered WHERE sender_key IS NOT NULL GROUP BY 1, 2
        ) sent
        WHERE p."transactionKey" = sent.transaction_key AND p."userKey" = sent.sender_key
    )
    SELECT
        judged.outcome, m."id", m."transactionKey"::text, m."sequence", m."position", m."version", m."type"::text,
        m."senderKey"::text, m."content", m."replyToId", m."clientMessageId"::text, m."createdAt", m."editedAt",
        m."deletedAt", u."displayName"::text, u."avatarUrl", u."status"::text, u."lastSeenAt"
    FROM judged
    LEFT JOIN LATERAL (
        SELECT * FROM message WHERE message."id" = judged.id AND judged.outcome = 'SENT'
        UNION ALL
        SELECT * FROM "Message" WHERE "Message"."id" = judged.earlier_id AND judged.outcome = 'DUPLICATE'
    ) m ON true
    LEFT JOIN "User" u ON u."key" = m."senderKey"
    ORDER BY judged.ordinal;
END
$$;
