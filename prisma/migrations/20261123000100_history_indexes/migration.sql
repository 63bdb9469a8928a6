-- For pages that are filtered by sender or type: of each sender and type, the messages in order.
CREATE INDEX "Message_transactionKey_senderKey_type_position_idx" ON "Message"("transactionKey", "senderKey", "type", "position");

-- For lists of transactions that are filtered by status: of each status, the latest activity first.
CREATE INDEX "Transaction_status_lastActivityAt_key_idx" ON "Transaction"("status", "lastActivityAt", "key");
DROP INDEX "Transaction_partnerClientId_lastActivityAt_key_idx";
CREATE INDEX "Transaction_partnerClientId_status_lastActivityAt_key_idx" ON "Transaction"("partnerClientId", "status", "lastActivityAt", "key");

-- The position of the first message of a transaction that was sent at an instant or later; beyond every position if
-- there is none.
--
-- It needs no index on `createdAt`, because within a transaction `createdAt` never decreases as `sequence` grows: whoever
-- stores a message holds the transaction's lock, and takes an instant that is not before its last activity (see
-- `send_messages`, and `lockTransaction` in the service). So the message is found by halving: 18 looks for 200,000.
CREATE FUNCTION first_position_since(p_transaction_key text, p_instant timestamptz) RETURNS int
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    -- What is before v_first was sent earlier; what is at v_end or after it was not.
    v_first int := 1;
    v_end   int := (SELECT "messageCount" + 1 FROM "Transaction" WHERE "key" = p_transaction_key);
    v_half  int;
BEGIN
    WHILE v_first < v_end LOOP
        v_half := v_first + (v_end - v_first) / 2;
        IF (
            SELECT "createdAt" < p_instant FROM "Message"
            WHERE "transactionKey" = p_transaction_key AND "sequence" = v_half
        ) THEN
            v_first := v_half + 1;
        ELSE
            v_end := v_half;
        END IF;
    END LOOP;
    RETURN coalesce(
        (SELECT "position" FROM "Message" WHERE "transactionKey" = p_transaction_key AND "sequence" = v_end),
        2147483647
    );
END
$$;

-- Where the first messages of a page stand: of each of these transactions at most p_limit, from the beginning or the end of
-- what lies between p_after and p_before (neither included), in that order. A null asks for nothing.
--
-- It reads p_limit entries of an index, or as many for each sender and type, wherever the page is and whatever it passes
-- over. As a part of a larger statement it did not: of a transaction that it doesn't know beforehand, Postgres expects as
-- many messages as one has on average, and where most are short it fetched and sorted all that a long one has. These
-- statements are planned once, whatever is asked for, so every page has the same plan.
CREATE FUNCTION message_places(
    p_transaction_keys text[],
    p_from_end         boolean,
    p_limit            int,
    p_after            int,
    p_before           int,
    p_sender_key       text,
    p_types            "MessageType"[],
    p_sent_after       timestamptz,
    p_sent_before      timestamptz
) RETURNS TABLE ("transactionKey" text, "position" int)
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
    v_key    text;
    v_after  int;
    v_before int;
    v_types  "MessageType"[] := coalesce(p_types, enum_range(NULL::"MessageType"));
BEGIN
    FOREACH v_key IN ARRAY p_transaction_keys LOOP
        v_after := coalesce(p_after, 0);
        v_before := coalesce(p_before, 2147483647);
        IF p_sent_after IS NOT NULL THEN
            v_after := greatest(v_after, first_position_since(v_key, p_sent_after) - 1);
        END IF;
        IF p_sent_before IS NOT NULL THEN
            v_before := least(v_before, first_position_since(v_key, p_sent_before));
        END IF;

        IF p_sender_key IS NULL AND p_types IS NULL AND NOT p_from_end THEN
            RETURN QUERY
            SELECT v_key, m."position" FROM "Message" m
            WHERE m."transactionKey" = v_key AND m."position" > v_after AND m."position" < v_before
            ORDER BY m."position" LIMIT p_limit;
        ELSIF p_sender_key IS NULL AND p_types IS NULL THEN
            RETURN QUERY
            SELECT v_key, m."position" FROM "Message" m
            WHERE m."transactionKey" = v_key AND m."position" > v_after AND m."position" < v_before
            ORDER BY m."position" DESC LIMIT p_limit;

        -- The first of each sender and type, and of those the first. Who ever sent here has a seat; the platform has none,
        -- and its messages are sorted by a key that is null, which Postgres doesn't see to be the same for all.
        ELSIF NOT p_from_end THEN
            RETURN QUERY
            WITH person AS (
                SELECT p_sender_key AS "key" WHERE p_sender_key IS NOT NULL
                UNION ALL
                SELECT p."userKey" FROM "Participant" p WHERE p."transactionKey" = v_key AND p_sender_key IS NULL
            )
            SELECT v_key, stream."position" FROM (
                SELECT m."position" FROM person CROSS JOIN unnest(v_types) AS of("type") CROSS JOIN LATERAL (
                    SELECT m."position" FROM "Message" m
                    WHERE m."transactionKey" = v_key AND m."senderKey" = person."key" AND m."type" = of."type"
                        AND m."position" > v_after AND m."position" < v_before
                    ORDER BY m."position" LIMIT p_limit
                ) m
                UNION ALL
                SELECT m."position" FROM unnest(v_types) AS of("type") CROSS JOIN LATERAL (
                    SELECT m."position" FROM "Message" m
                    WHERE m."transactionKey" = v_key AND m."senderKey" IS NULL AND m."type" = of."type"
                        AND m."position" > v_after AND m."position" < v_before
                    ORDER BY m."senderKey", m."type", m."position" LIMIT p_limit
                ) m WHERE p_sender_key IS NULL
            ) stream
            ORDER BY stream."position" LIMIT p_limit;
        ELSE
            RETURN QUERY
            WITH person AS (
                SELECT p_sender_key AS "key" WHERE p_sender_key IS NOT NULL
                UNION ALL
                SELECT p."userKey" FROM "Participant" p WHERE p."transactionKey" = v_key AND p_sender_key IS NULL
            )
            SELECT v_key, stream."position" FROM (
                SELECT m."position" FROM person CROSS JOIN unnest(v_types) AS of("type") CROSS JOIN LATERAL (
                    SELECT m."position" FROM "Message" m
                    WHERE m."transactionKey" = v_key AND m."senderKey" = person."key" AND m."type" = of."type"
                        AND m."position" > v_after AND m."position" < v_before
                    ORDER BY m."position" DESC LIMIT p_limit
                ) m
                UNION ALL
                SELECT m."position" FROM unnest(v_types) AS of("type") CROSS JOIN LATERAL (
                    SELECT m."position" FROM "Message" m
                    WHERE m."transactionKey" = v_key AND m."senderKey" IS NULL AND m."type" = of."type"
                        AND m."position" > v_after AND m."position" < v_before
                    ORDER BY m."senderKey" DESC, m."type" DESC, m."position" DESC LIMIT p_limit
                ) m WHERE p_sender_key IS NULL
            ) stream
            ORDER BY stream."position" DESC LIMIT p_limit;
        END IF;
    END LOOP;
END
$$;
