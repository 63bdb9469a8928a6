import { setTimeout as pause } from 'node:timers/promises'
import { ServiceUnavailableError } from '../errors.js'
import type { Prisma, PrismaClient } from '../generated/prisma/client.js'
import { sqlStateOf } from './database-errors.js'

/** Postgres' answers to who was in the way of somebody else: serialisation, deadlock, a key that was just taken, a lock. */
const RACE_STATES = new Set(['40001', '40P01', '23505', '55P03'])

const MAX_ATTEMPTS = 5
/** An attempt begins within this time, so that the answer is there before it is due. */
const ATTEMPTS_WITHIN_MS = 2_000
const FIRST_PAUSE_MS = 20

/**
 * Does work in one database transaction: all of it is stored, or nothing. When somebody else was in the way it is done
 * again from the start, a few times; so it must change nothing but the database.
 *
 * @throws {ServiceUnavailableError} when somebody was in the way each time.
 */
export async function atomically<Result>(
  prisma: PrismaClient,
  work: (tx: Prisma.TransactionClient) => Promise<Result>,
): Promise<Result> {
  const since = performance.now()
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await prisma.$transaction(work)
    } catch (cause) {
      if (!RACE_STATES.has(sqlStateOf(cause) ?? '')) throw cause
      // Those who were in each other's way don't meet again at the same moment.
      const pauseMs = FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + Math.random())
      const isLate = performance.now() - since + pauseMs > ATTEMPTS_WITHIN_MS
      if (attempt === MAX_ATTEMPTS || isLate) throw new ServiceUnavailableError({ cause })
      await pause(pauseMs)
    }
  }
}
