/** SQLSTATE classes and codes that mean: not now. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const UNAVAILABLE_STATES = [
  /^08/, // connection exceptions
  /^28/, // the password or the user was changed under us
  /^3D000$/, // the database was renamed or dropped
  /^53/, // out of connections, memory or disk
  /^57P/, // shutting down, crashed, starting up
  /^57014$/, // took longer than statement_timeout
  /^55P03$/, // a lock was not to be had within lock_timeout
  /^25006$/, // read-only: a standby that was not promoted yet
]

const SOCKET_ERRORS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
])

/** Prisma: can't reach, timed out, closed the connection, no connection to be had, transaction API (expired, not started). */
const PRISMA_CODES = new Set(['P1001', 'P1002', 'P1008', 'P1011', 'P1017', 'P2024', 'P2028', 'P2034', 'P2037'])

/** What `pg` says in plain errors without a code. */
const PG_MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error)/

/** The SQLSTATE that Postgres answered with, however deep it is wrapped; null when it is not Postgres' answer. */
export function sqlStateOf(error: unknown): string | null {
  for (const { code, originalCode } of causes(error)) {
    for (const state of [originalCode, code]) {
      if (typeof state === 'string' && /^[0-9A-Z]{5}$/.test(state) && !/^P[12]\d{3}$/.test(state)) return state
    }
  }
  return null
}

/** Whether the database couldn't be asked, as opposed to having answered with a refusal. */
export function isDatabaseUnavailable(error: unknown): boolean {
  // What ends the session, or keeps it from beginning, says nothing of the statement.
  if (causes(error).some(({ severity }) => severity === 'FATAL' || severity === 'PANIC')) return true
  const state = sqlStateOf(error)
  if (state !== null) return UNAVAILABLE_STATES.some((pattern) => pattern.test(state))
  return causes(error).some(
    ({ code, message }) =>
      (typeof code === 'string' && (SOCKET_ERRORS.has(code) || PRISMA_CODES.has(code))) ||
      (typeof message === 'string' && PG_MESSAGES.test(message)),
  )
}

/** The error and all that it wraps, in the ways of `cause`, Prisma's driver adapters and AggregateError. */
function causes(error: unknown, depth = 0): Record<string, unknown>[] {
  if (typeof error !== 'object' || error === null || depth > 5) return []
  const record = error as Record<string, unknown>
  const meta = record['meta'] as Record<string, unknown> | undefined
  const nested = [
    record['cause'],
    meta?.['driverAdapterError'],
    ...(Array.isArray(record['errors']) ? record['errors'] : []),
  ]
  return [record, ...nested.flatMap((inner) => causes(inner, depth + 1))]
}
