import type { Deal, Person } from './seed.js'
import { query } from './sql.js'

export interface Filling {
  readonly count: number
  /** The content of each of these messages. */
  readonly content: string
}

/** Puts messages into a deal, past the service: for tests that need more of them than sending one by one allows. */
export async function fillDeal(
  databaseUrl: string,
  deal: Deal,
  sender: Person,
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
       SELECT gen_random_uuid(), "key", sequence + n, position + n, position + n, 'TEXT', $2, $4, now()
       FROM deal, generate_series(1, $3) AS n
       RETURNING *
     )
     INSERT INTO "TimelineEntry"
       ("transactionKey", "position", "kind", "actorKey", "messageId", "data", "occurredAt")
     SELECT "transactionKey", "position", 'MESSAGE_SENT', "senderKey", "id",
       jsonb_build_object('content', "content"), "createdAt"
     FROM said`,
    [deal.key, sender.key, count, content],
  )
}
