import type { Deal, Person } from './seed.js'
import { query } from './sql.js'

export interface Filling {
  readonly count: number
  /** What each of these messages says. */
  readonly content: string
}

/** Goes on with a deal by many messages, of the senders in turn and past the service: sending them would take too long. */
export async function fillDeal(
  databaseUrl: string,
  deal: Deal,
  senders: readonly Pick<Person, 'key'>[],
  { count, content }: Filling,
): Promise<void> {
  await query(
    databaseUrl,
    `WITH deal AS (
       UPDATE "Transaction" SET "messageCount" = "messageCount" + $3, "timelinePosition" = "timelinePosition" + $3
       WHERE "key" = $1
       RETURNING "key", "messageCount" - $3 AS sequence, "timelinePosition" - $3 AS position
     ), said AS (
       INSERT INTO "Message"
         ("id", "transactionKey", "sequence", "position", "version", "type", "senderKey", "content", "createdAt")
       SELECT gen_random_uuid(), deal."key", sequence + n, position + n, position + n, 'TEXT', sender."key", $4, now()
       FROM deal, generate_series(1, $3) AS n
       JOIN unnest($2::text[]) WITH ORDINALITY AS sender("key", nth) ON sender.nth = 1 + n % cardinality($2::text[])
       RETURNING *
     )
     INSERT INTO "TimelineEntry"
       ("transactionKey", "position", "kind", "actorKey", "messageId", "data", "occurredAt")
     SELECT "transactionKey", "position", 'MESSAGE_SENT', "senderKey", "id",
       jsonb_build_object('content', "content"), "createdAt"
     FROM said`,
    [deal.key, senders.map(({ key }) => key), count, content],
  )
}
