import type pg from 'pg'
import { expect } from 'vitest'
import type { Stage } from './read-acts.js'

interface Seat {
  readonly id: string
  readonly unread: number
  readonly unreadFrom: number
  readonly lastRead: number
  readonly lastReadAt: Date | null
}

/** Looks at every seat again and again while things happen: nothing ever goes back, and no count is below zero. */
export async function watchSeats(client: pg.Client, { deals }: Stage, isOver: () => boolean): Promise<void> {
  let before = new Map<string, Seat>()
  while (!isOver()) {
    const { rows } = await client.query<Seat>(
      `SELECT p."id", t."messageCount" - p."unreadFromSequence" AS "unread", p."unreadFromSequence" AS "unreadFrom",
         p."lastReadSequence" AS "lastRead", p."lastReadAt"
       FROM "Participant" p JOIN "Transaction" t ON t."key" = p."transactionKey" WHERE t."key" = ANY ($1)`,
      [deals.map(({ key }) => key)],
    )
    for (const seat of rows) {
      const earlier = before.get(seat.id)
      expect(seat.unread).toBeGreaterThanOrEqual(0)
      expect(seat.unreadFrom).toBeGreaterThanOrEqual(earlier?.unreadFrom ?? 0)
      expect(seat.lastRead).toBeGreaterThanOrEqual(earlier?.lastRead ?? 0)
      expect(seat.lastReadAt?.getTime() ?? 0).toBeGreaterThanOrEqual(earlier?.lastReadAt?.getTime() ?? 0)
      if (seat.lastRead === earlier?.lastRead) expect(seat.lastReadAt).toEqual(earlier.lastReadAt)
    }
    before = new Map(rows.map((seat) => [seat.id, seat]))
  }
}
