import pg from 'pg'
import { vi } from 'vitest'

/** A deal that somebody else has locked, by hand. */
export class DealLock {
  readonly #holder: pg.Client

  private constructor(holder: pg.Client) {
    this.#holder = holder
  }

  static async hold(databaseUrl: string, transactionKey: string): Promise<DealLock> {
    const holder = new pg.Client({ connectionString: databaseUrl })
    await holder.connect()
    await holder.query('BEGIN')
    await holder.query('SELECT FROM "Transaction" WHERE "key" = $1 FOR UPDATE', [transactionKey])
    return new DealLock(holder)
  }

  /** Waits until this many connections wait for a lock in the database. */
  async untilWaitedForBy(count: number): Promise<void> {
    const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
    const isReached = async () => {
      // Within a database transaction Postgres shows again and again what one saw first.
      await this.#holder.query('SELECT pg_stat_clear_snapshot()')
      return (await this.#holder.query(waiting)).rowCount === count
    }
    await vi.waitUntil(isReached, { timeout: 10_000, interval: 1 })
  }

  release(): Promise<void> {
    return this.#holder.end()
  }
}
