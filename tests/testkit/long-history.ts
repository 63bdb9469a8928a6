import { query } from './sql.js'

export const LONG = 200_000

/**
 * Gives the deal `chat` 200,000 messages, and 20,000 other deals one: by statements of its own, as sending them would take
 * too long. Postgres is left without statistics of them.
 *
 * bea and sam speak in turn; ana said two things, one of them a picture, the only one. From 50,000 to 100,000 it is the
 * platform that speaks. Every 50th is deleted. A minute has ten messages, all at the same instant.
 */
export async function fillLongHistory(databaseUrl: string): Promise<void> {
  await query(
    databaseUrl,
    `DO $$ BEGIN
       -- Without looking up, for each row, what it refers to.
       SET LOCAL session_replication_role = replica;
       ALTER TABLE "Message" SET (autovacuum_enabled = off);
       ALTER TABLE "TimelineEntry" SET (autovacuum_enabled = off);
       DELETE FROM "TimelineEntry" WHERE "transactionKey" = 'chat';

       INSERT INTO "User" ("key", "displayName") SELECT 'user-' || n, 'User ' || n FROM generate_series(1, 5000) n;

       INSERT INTO "Message" ("id", "transactionKey", "sequence", "position", "version", "type", "senderKey", "content",
         "createdAt", "deletedAt")
       SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'chat', n, n, n,
         CASE WHEN n = 150000 THEN 'IMAGE' WHEN n BETWEEN 50000 AND 100000 THEN 'SYSTEM' ELSE 'TEXT' END::"MessageType",
         CASE
           WHEN n BETWEEN 50000 AND 100000 THEN NULL
           WHEN n IN (1000, 150000) THEN 'ana'
           WHEN n % 2 = 0 THEN 'bea'
           ELSE 'sam'
         END,
         CASE WHEN n % 50 = 0 THEN NULL ELSE 'This is message ' || n END,
         '2026-01-01Z'::timestamptz + (n / 10) * interval '1 minute',
         CASE WHEN n % 50 = 0 THEN now() END
       FROM generate_series(1, ${LONG}) n;

       INSERT INTO "Message" ("id", "transactionKey", "sequence", "position", "version", "type", "senderKey", "content",
         "createdAt")
       SELECT gen_random_uuid(), 'short-' || n, 1, 1, 1, 'TEXT', 'user-' || n % 5000, 'Hello', '2026-01-01Z'
       FROM generate_series(1, 20000) n;

       INSERT INTO "TimelineEntry" ("transactionKey", "position", "kind", "actorKey", "messageId", "data", "occurredAt")
       SELECT "transactionKey", "position", 'MESSAGE_SENT', "senderKey", "id", '{"content": "As it was."}', "createdAt"
       FROM "Message";

       UPDATE "Transaction" SET "messageCount" = ${LONG}, "timelinePosition" = ${LONG},
         "lastActivityAt" = '2026-01-01Z'::timestamptz + ${LONG / 10} * interval '1 minute'
       WHERE "key" = 'chat';
     END $$`,
  )
}
