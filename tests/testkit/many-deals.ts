import { query } from './sql.js'

export const MANY = 20_000

/**
 * Adds 20,000 deals to a database, one activity a minute, by a statement of its own, as registering them would take too
 * long. Every second is of the partner `shop`, every 100th is CANCELLED, the 10th and the 10,010th are DISPUTED, the others
 * FUNDED. In each there is one message. `arbiter` has a seat in all, `agent` in every 20th, `buyer` in the first 30 of
 * those; nobody has anything unread, but for the agent in the 40th.
 */
export async function fillManyDeals(databaseUrl: string): Promise<void> {
  await query(
    databaseUrl,
    `DO $$ BEGIN
       SET LOCAL session_replication_role = replica;

       INSERT INTO "Transaction" ("key", "title", "status", "statusChangedAt", "partnerClientId", "messageCount",
         "timelinePosition", "createdAt", "lastActivityAt")
       SELECT 'deal-' || n, 'The deal ' || n,
         CASE WHEN n IN (10, 10010) THEN 'DISPUTED' WHEN n % 100 = 0 THEN 'CANCELLED' ELSE 'FUNDED' END
           ::"TransactionStatus",
         at, CASE n % 2 WHEN 0 THEN 'shop' ELSE 'other-' || n % 50 END, 1, 1, at, at
       FROM generate_series(1, ${MANY}) n, LATERAL (SELECT '2026-01-01Z'::timestamptz + n * interval '1 minute') t(at);

       INSERT INTO "Message" ("id", "transactionKey", "sequence", "position", "version", "type", "senderKey", "content",
         "createdAt")
       SELECT gen_random_uuid(), "key", 1, 1, 1, 'TEXT', 'arbiter', 'Hello', "createdAt" FROM "Transaction";

       INSERT INTO "Participant" ("id", "transactionKey", "userKey", "role", "joinedAt", "unreadFromSequence")
       SELECT gen_random_uuid(), 'deal-' || n, person, 'AGENT', '2026-01-01Z', CASE WHEN n = 40 THEN 0 ELSE 1 END
       FROM generate_series(1, ${MANY}) n, LATERAL (
         SELECT 'arbiter' WHERE n <> 40
         UNION ALL SELECT 'agent' WHERE n % 20 = 0
         UNION ALL SELECT 'buyer' WHERE n % 20 = 0 AND n <= 600
       ) seat(person);
     END $$`,
  )
  await query(databaseUrl, 'VACUUM ANALYZE')
}
