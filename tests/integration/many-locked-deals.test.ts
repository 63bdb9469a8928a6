import { afterAll, beforeAll, expect, test } from 'vitest'
import { DealLock } from '../testkit/deal-lock.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'

const LOCKED = 12

let testService: TestService
let bea: Person
let busy: Deal
let locks: DealLock[]
let isOver = false
let refusals = 0
let sending: Promise<unknown>

beforeAll(async () => {
  testService = await startTestService({ DATABASE_POOL_SIZE: '5' })
  bea = await testService.seed.person('bea')
  busy = await testService.seed.deal('busy', { buyer: bea })
  const locked: Deal[] = []
  for (let nth = 0; nth < LOCKED; nth += 1) locked.push(await testService.seed.deal(`locked-${nth}`, { buyer: bea }))
  locks = await Promise.all(locked.map(({ key }) => DealLock.hold(testService.database.url, key)))
  sending = Promise.all(locked.map(sendInVain))
})
afterAll(async () => {
  isOver = true
  await Promise.all(locks.map((lock) => lock.release()))
  await sending
  await testService.close()
})

/** Sends again as soon as it is refused, for as long as the deal is locked. */
async function sendInVain(deal: Deal): Promise<void> {
  while (!isOver) {
    await bea.say(deal, 'Is anybody there?').catch(() => {
      refusals += 1
    })
  }
}

test('however many deals are locked, what is sent to one that is only busy is never refused', async () => {
  const { id } = await bea.say(busy, 'first')
  const isEnough = () => refusals >= 3 * LOCKED
  let answers = 0
  const sendOn = async () => {
    for (; !isEnough(); answers += 1) await bea.say(busy, 'Here we are.')
  }
  // Each edit holds the lock of the deal for a moment.
  const editOn = async () => {
    for (let nth = 1; !isEnough(); nth += 1) {
      await testService.service.services.message.edit(bea.viewer, id, `edited ${nth}`)
    }
  }
  await Promise.all([editOn(), sendOn(), sendOn(), sendOn(), sendOn()])
  expect(answers).toBeGreaterThan(refusals)
})
