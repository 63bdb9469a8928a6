import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { untilAvailable } from '../realtime/timeline-acts.js'
import { DealLock } from '../testkit/deal-lock.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { query } from '../testkit/sql.js'
import { countTo } from '../testkit/timeline-documents.js'

let testService: TestService
let bea: Person
let sam: Person
let stranger: Person
let deal: Deal
let lock: DealLock

beforeAll(async () => {
  testService = await startTestService({ DATABASE_POOL_SIZE: '20' })
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
  stranger = await testService.seed.person('stranger')
})
beforeEach(async ({ task }) => {
  deal = await testService.seed.deal(task.id, { buyer: bea, seller: sam })
  lock = await DealLock.hold(testService.database.url, deal.key)
})
afterEach(() => lock.release())
afterAll(() => testService.close())

interface Stored {
  readonly content: string
  readonly sequence: number
  /** The database transaction that stored it. */
  readonly commit: string
}

const storedIn = ({ key }: Deal): Promise<Stored[]> =>
  query<Stored>(
    testService.database.url,
    'SELECT content, sequence, xmin::text AS commit FROM "Message" WHERE "transactionKey" = $1 ORDER BY sequence',
    [key],
  )

describe('while a deal is locked', () => {
  test('a participant’s send to it is refused in the end, and nothing of it is stored', async () => {
    await expect(bea.say(deal, 'waits in vain')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    expect(await storedIn(deal)).toEqual([])
  })

  test('it is to a stranger no other than one that doesn’t exist, at once, also while a participant waits', async () => {
    // Refused after 0.6 s, as often as it takes.
    const waiting = untilAvailable(() => bea.say(deal, 'waits'))
    await lock.untilWaitedForBy(1)
    const refused = { code: 'NOT_FOUND', details: { field: 'transactionId' } }
    await expect(stranger.say({ ...deal, key: 'nowhere' } as Deal, 'hello?')).rejects.toMatchObject(refused)
    await expect(stranger.say(deal, 'hello?')).rejects.toMatchObject(refused)
    await lock.release()
    await waiting
  })

  test('a message that is stored there already is acknowledged at once when it is sent again', async () => {
    await lock.release()
    const input = { transactionKey: deal.key, content: 'first', clientMessageId: 'key' }
    const send = () => testService.service.services.message.send(bea.viewer, input)
    const first = await send()
    lock = await DealLock.hold(testService.database.url, deal.key)
    expect(await send()).toEqual(first)
  })
})

describe('when the deal is free again', () => {
  test('a stranger’s send doesn’t lock it', async () => {
    await lock.release()
    const locker = () =>
      query(testService.database.url, 'SELECT xmax::text FROM "Transaction" WHERE "key" = $1', [deal.key])
    const before = await locker()
    await expect(stranger.say(deal, 'hello?')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await locker()).toEqual(before)
  })

  test('what waited is stored, in the order in which it was sent', async () => {
    const waiting = [bea.say(deal, '1'), sam.say(deal, '2')]
    await lock.untilWaitedForBy(1)
    for (const nth of countTo(40, 3)) waiting.push((nth % 2 ? bea : sam).say(deal, `${nth}`))
    await lock.release()
    await Promise.all(waiting)
    expect((await storedIn(deal)).map(({ content }) => content)).toEqual(countTo(40).map(String))
  })

  test('a send of somebody who was removed meanwhile is refused, and the others’ in its batch are stored', async () => {
    const removal = deal.seat({ seller: sam })
    await lock.untilWaitedForBy(1)
    const sends = Promise.allSettled([sam.say(deal, 'before'), bea.say(deal, 'from bea'), sam.say(deal, 'after')])
    await lock.untilWaitedForBy(2)
    await lock.release()
    await removal
    const [, ofBea] = await sends

    expect(ofBea).toMatchObject({ status: 'rejected', reason: { code: 'NOT_FOUND' } })
    const stored = await storedIn(deal)
    expect(stored.map(({ content }) => content)).toEqual(['before', 'after'])
    expect(new Set(stored.map(({ commit }) => commit)).size).toBe(1)
    const entries = await query<{ kind: string }>(
      testService.database.url,
      'SELECT kind FROM "TimelineEntry" WHERE "transactionKey" = $1 AND position > 3 ORDER BY position',
      [deal.key],
    )
    expect(entries.map(({ kind }) => kind)).toEqual(['PARTICIPANT_LEFT', 'MESSAGE_SENT', 'MESSAGE_SENT'])
  })
})

test('one locked deal holds up no other', async () => {
  const others: Deal[] = []
  for (const nth of countTo(20)) others.push(await testService.seed.deal(`other-${nth}`, { buyer: bea, seller: sam }))
  const senders = new Senders()
  for (const person of [bea, sam, bea]) for (const each of [deal, ...others]) senders.start(person, each)

  // Three are refused at a time, each time after the 0.6 s that they wait: fifteen are three seconds.
  await vi.waitUntil(
    () => senders.refused(deal).length >= 15 && others.every((other) => senders.acknowledged(other).length >= 200),
    { timeout: 50_000, interval: 10 },
  )
  const counts = others.map((other) => senders.acknowledged(other).length)
  expect(senders.acknowledged(deal)).toEqual([])
  await lock.release()
  await vi.waitUntil(() => senders.acknowledged(deal).length >= 50, { timeout: 10_000, interval: 10 })
  await senders.stop()

  // Those of its own lane were sent as fast as those of the others.
  expect(Math.min(...counts)).toBeGreaterThan(Math.max(...counts) / 2)
  expect(new Set(senders.refused(deal))).toEqual(new Set(['SERVICE_UNAVAILABLE']))
  for (const each of [deal, ...others]) {
    if (each !== deal) expect(senders.refused(each)).toEqual([])
    const stored = await storedIn(each)
    expect(stored.map(({ sequence }) => sequence)).toEqual(countTo(stored.length))
    expect(stored.map(({ content }) => content).sort()).toEqual(senders.acknowledged(each).toSorted())
  }
}, 60_000)

/** People who send without a pause, each the next message when the one before has its answer. */
class Senders {
  readonly #acknowledged = new Map<Deal, string[]>()
  readonly #refused = new Map<Deal, string[]>()
  readonly #running: Promise<void>[] = []
  #isStopped = false

  start(person: Person, deal: Deal): void {
    if (!this.#acknowledged.has(deal)) this.#acknowledged.set(deal, [])
    if (!this.#refused.has(deal)) this.#refused.set(deal, [])
    this.#running.push(this.#send(person, deal, this.#running.length))
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(this.#running)
  }

  /** What the messages say that were acknowledged. */
  acknowledged(deal: Deal): readonly string[] {
    return this.#acknowledged.get(deal) ?? []
  }

  /** The codes of the refusals. */
  refused(deal: Deal): readonly string[] {
    return this.#refused.get(deal) ?? []
  }

  async #send(person: Person, deal: Deal, sender: number): Promise<void> {
    for (let nth = 1; !this.#isStopped; nth += 1) {
      try {
        const { content } = await person.say(deal, `${sender}: ${nth}`)
        this.#acknowledged.get(deal)?.push(content ?? '')
      } catch (error) {
        this.#refused.get(deal)?.push((error as { code?: string }).code ?? String(error))
      }
    }
  }
}
