import type { Deal } from './seed.js'
import { query } from './sql.js'

interface Filling {
  readonly messages: number
  /** What each says, as an SQL expression; `n` is the number of the message. */
  readonly content?: string
  /** Who sent each, as an SQL expression: the key of a user. */
  readonly senderKey: string
}

/** Goes on with a deal by many messages at once: sending them would take minutes. */
export async function fillTimeline(url: string, deal: Deal, { messages, senderKey, content }: Filling): Promise<void> {
  await query(
    url,
    `WITH filled AS (
       SELECT *, ${content ?? `'message ' || n`} AS "said", ${senderKey} AS "by", gen_random_uuid() AS "id"
       FROM "Transaction", generate_series(1, ${messages}) AS n WHERE "key" = $1
     ), messages AS (
       INSERT INTO "Message" ("id", "transactionKey", "sequence", "position", "version", "type", "senderKey", "content", "createdAt")
       SELECT "id", "key", "messageCount" + n, "timelinePosition" + n, "timelinePosition" + n, 'TEXT', "by", "said", now() FROM filled
     ), entries AS (
       INSERT INTO "TimelineEntry" ("transactionKey", "position", "kind", "actorKey", "messageId", "data", "occurredAt")
       SELECT "key", "timelinePosition" + n, 'MESSAGE_SENT', "by", "id", jsonb_build_object('content', "said"), now() FROM filled
     )
     UPDATE "Transaction" SET "timelinePosition" = "timelinePosition" + ${messages}, "messageCount" = "messageCount" + ${messages}
     WHERE "key" = $1`,
    [deal.key],
  )
}
