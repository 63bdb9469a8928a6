import type { Statement } from '../../platform/database.js'

/** Of these people those who may not be connected: suspended, or not there any more. */
export const READ_INACTIVE: Statement = {
  name: 'read_inactive',
  text: `
    SELECT given."key" FROM unnest($1::text[]) AS given("key")
    WHERE NOT EXISTS (SELECT FROM "User" u WHERE u."key" = given."key" AND u."status" = 'ACTIVE')`,
}

/**
 * Notes when people were seen, never going back. All rows are locked first, in the order of their keys: two nodes that
 * have the same people would wait for each other for ever.
 */
export const WRITE_LAST_SEEN: Statement = {
  name: 'write_last_seen',
  text: `
    WITH seen AS (SELECT * FROM unnest($1::text[], $2::timestamptz[]) AS seen("key", "at")),
    locked AS (
      SELECT u."key" FROM "User" u JOIN seen ON seen."key" = u."key"
      WHERE u."lastSeenAt" IS NULL OR u."lastSeenAt" < seen."at"
      ORDER BY u."key" FOR NO KEY UPDATE OF u
    )
    UPDATE "User" u SET "lastSeenAt" = greatest(u."lastSeenAt", seen."at")
    FROM seen, locked WHERE seen."key" = locked."key" AND u."key" = locked."key"`,
}

/**
 * Of these people the viewer and those who have a seat in a transaction in which the viewer has one, both at present. The
 * seats of the viewer and those of the others are read once each. `IS TRUE` keeps it so: as a join, the generic plan looks
 * up all the people of every transaction of an arbiter who has thousands.
 */
export const READ_SHARING: Statement = {
  name: 'read_sharing',
  text: `
    SELECT u."key", u."lastSeenAt" FROM "User" u
    WHERE u."key" = ANY ($2::text[]) AND (u."key" = $1 OR u."key" IN (
      SELECT other."userKey" FROM "Participant" other
      WHERE other."userKey" = ANY ($2::text[]) AND other."userKey" <> $1 AND other."leftAt" IS NULL AND (other."transactionKey" IN (
        SELECT own."transactionKey" FROM "Participant" own WHERE own."userKey" = $1 AND own."leftAt" IS NULL
      )) IS TRUE
    ))`,
}
