import { expect, test, vi } from 'vitest'
import { graphql } from '../generated/gql.js'
import { query } from '../testkit/sql.js'
import { FOLLOW_MESSAGES, FOLLOW_TIMELINE } from '../testkit/timeline-documents.js'
import type { ResumeFixture } from './resume-fixture.js'

/** What Postgres says that ends a subscription so: its disk is full, its data is corrupted. */
const SQLSTATES = { SERVICE_UNAVAILABLE: '53100', INTERNAL_SERVER_ERROR: 'XX001' } as const

/** Whoever reads a person meanwhile gets this error. Only messages can be sent. */
const HIDE_PEOPLE = (sqlState: string) => `
  CREATE OR REPLACE FUNCTION is_shown() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
    IF current_query() LIKE '%send_messages%' THEN RETURN true; END IF;
    RAISE EXCEPTION 'as the test wants it' USING ERRCODE = '${sqlState}';
  END $$;
  ALTER TABLE "User" RENAME TO "Hidden";
  CREATE VIEW "User" AS SELECT * FROM "Hidden" WHERE is_shown()`
const SHOW_PEOPLE = 'DROP VIEW "User"; ALTER TABLE "Hidden" RENAME TO "User"'

/** For each message the people of its deal are read. */
const FOLLOW_PEOPLE = graphql(`
  subscription ResumePeople($transactionId: ID!, $after: String) {
    messageAdded(transactionId: $transactionId, after: $after) {
      cursor
      node {
        transaction {
          participants {
            user {
              displayName
            }
          }
        }
      }
    }
  }
`)

/** What the example for each client has to do when a subscription ends, for a while or for good. */
export function testErrors(fixture: ResumeFixture): void {
  test.each(Object.entries(SQLSTATES))(
    'an error with %s is gone on from, with the newest cursor',
    async (code, sqlState) => {
      const { deal, after } = await fixture.newDeal()
      const { messages, hear } = await fixture.connect()
      const hearing = hear(FOLLOW_PEOPLE, { deal, after })
      await fixture.bea.say(deal, 'before')
      await hearing.hears(1)
      const errors = () => messages.flatMap((message) => (message.type === 'error' ? message.payload : []))
      const { url } = fixture.testService.database
      await query(url, HIDE_PEOPLE(sqlState))
      try {
        await fixture.bea.say(deal, 'meanwhile')
        await vi.waitFor(() => expect(errors()).not.toEqual([]), 10_000)
      } finally {
        await query(url, SHOW_PEOPLE)
      }
      await hearing.hears(2)
      const path = ['messageAdded', 'node', 'transaction', 'participants']
      expect(errors()[0]).toMatchObject({ path, extensions: { code } })
      expect(hearing.positions).toEqual(await fixture.storedPositions(deal, 'messageAdded'))
    },
  )

  test('a database that is away for a while is waited for', async () => {
    const { deal, after } = await fixture.newDeal()
    const { messages, proxy, hear } = await fixture.connect()
    const live = hear(FOLLOW_TIMELINE, { deal, after })
    await fixture.bea.say(deal, 'before')
    await live.hears(1)
    const { database } = fixture.testService
    await database.goAway()
    const late = hear(FOLLOW_MESSAGES, { deal, after })
    await vi.waitFor(() => expect(messages.at(-1)).toMatchObject({ type: 'error' }), 10_000)
    // And now no token can be checked either.
    proxy.cut('RST')
    await proxy.connected(3)
    await database.comeBack()
    await vi.waitFor(() => fixture.bea.say(deal, 'after'), 10_000)
    await Promise.all([live.hears(2), late.hears(2)])
    const stored = await fixture.storedPositions(deal, 'timelineAdvanced')
    expect([live.positions, late.positions]).toEqual([stored, stored])
  })

  test('who is removed is told so, once; and who comes back can listen again', async () => {
    const { deal, after } = await fixture.newDeal()
    const { hear } = await fixture.connect()
    const hearing = hear(FOLLOW_MESSAGES, { deal, after })
    await fixture.bea.say(deal, 'the last')
    await hearing.hears(1)
    await deal.seat({ buyer: fixture.bea })
    expect(await hearing.ends()).toEqual([{ code: 'NOT_FOUND', field: 'transactionId' }])
    expect(hearing.positions).toHaveLength(1)

    await deal.seat({ buyer: fixture.bea, seller: fixture.sam })
    await fixture.bea.say(deal, 'and one more')
    const again = hear(FOLLOW_MESSAGES, { deal, after })
    await again.hears(2)
    expect(again.positions).toEqual(await fixture.storedPositions(deal, 'messageAdded'))
  })

  test('a connection that dies without a word is given up, and what it says later is not delivered', async () => {
    const { deal, after } = await fixture.newDeal()
    const { proxy, hear } = await fixture.connect({ keepAlive: 100, patienceMs: 1_000 })
    const hearing = hear(FOLLOW_MESSAGES, { deal, after })
    await fixture.bea.say(deal, 'before')
    await hearing.hears(1)
    proxy.fallSilent()
    await fixture.bea.say(deal, 'meanwhile')
    await hearing.hears(2)
    proxy.speakAgain()
    await fixture.bea.say(deal, 'after')
    await hearing.hears(3)
    expect(hearing.positions).toEqual(await fixture.storedPositions(deal, 'messageAdded'))
    expect(proxy.cuts).toBe(0)
  })

  test('a token that cannot be had for a while is waited for; without any it ends', async () => {
    const { deal, after } = await fixture.newDeal()
    const token = vi.fn<() => Promise<string | null>>(async () => fixture.sam.token)
    const { proxy, hear } = await fixture.connect({ token })
    const hearing = hear(FOLLOW_MESSAGES, { deal, after })
    await fixture.bea.say(deal, 'before')
    await hearing.hears(1)
    token.mockRejectedValueOnce(new TypeError('fetch failed')).mockRejectedValueOnce(new TypeError('fetch failed'))
    proxy.cut('RST')
    await fixture.bea.say(deal, 'meanwhile')
    await hearing.hears(2)
    expect(token).toHaveBeenCalledTimes(4)
    token.mockResolvedValueOnce(null)
    proxy.cut('RST')
    await hearing.ends()
    expect(hearing.positions).toEqual(await fixture.storedPositions(deal, 'messageAdded'))
  })

  test('a cursor that is none is for the application', async () => {
    const { deal } = await fixture.newDeal()
    const { hear } = await fixture.connect()
    expect(await hear(FOLLOW_MESSAGES, { deal, after: 'none' }).ends()).toEqual([
      { code: 'BAD_USER_INPUT', field: 'after' },
    ])
  })
}
