import { Prisma } from '../../generated/prisma/client.js'
import type { Statement } from '../../platform/database.js'

/** What a list shows of a transaction, as a number: entries and status are in the position, the title stands last. */
const STAMP = `hashtextextended(
  concat_ws(' ', deal."key", deal."timelinePosition", seat."unreadFromSequence", seat."lastReadSequence", deal."title"), 0
)`

const DEAL = Object.keys(Prisma.TransactionScalarFieldEnum)
  .map((field) => `deal."${field}"`)
  .join(', ')

/**
 * How transactions stand, each for somebody with a seat in it; where there is none, no row. Parameters: users and
 * transactions, in parallel. The LIMITs make each join a look-up, whatever the planner thought when the tables were small.
 */
export const READ_STATES: Statement = {
  name: 'read_inbox_states',
  text: `
    SELECT asked.user_key AS "userKey", ${STAMP} AS "stamp", ${DEAL}
    FROM unnest($1::text[], $2::text[]) AS asked(user_key, transaction_key)
    CROSS JOIN LATERAL (
      SELECT * FROM "Participant"
      WHERE "transactionKey" = asked.transaction_key AND "userKey" = asked.user_key AND "leftAt" IS NULL LIMIT 1
    ) seat
    CROSS JOIN LATERAL (SELECT * FROM "Transaction" WHERE "key" = asked.transaction_key LIMIT 1) deal`,
}

const LISTS = `
  FROM "Participant" seat JOIN "Transaction" deal ON deal."key" = seat."transactionKey"
  WHERE seat."userKey" = ANY ($1::text[]) AND seat."leftAt" IS NULL`

/** The stamps of all that is in the lists of these users. */
export const READ_STAMPS: Statement = {
  name: 'read_inbox_stamps',
  text: `SELECT seat."userKey", seat."transactionKey", ${STAMP} AS "stamp" ${LISTS}`,
}

/** For each of these users the sum of all stamps; no row for those whose list is empty. */
export const READ_FINGERPRINTS: Statement = {
  name: 'read_inbox_fingerprints',
  text: `SELECT seat."userKey", sum(${STAMP}) AS "fingerprint" ${LISTS} GROUP BY seat."userKey"`,
}
