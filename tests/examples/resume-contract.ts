import { describe, expect, test, vi } from 'vitest'
import type { Cut } from '../testkit/cutting-proxy.js'
import { FOLLOW_MESSAGES, FOLLOW_TIMELINE, SUBSCRIPTION_NAMES, SUBSCRIPTIONS } from '../testkit/timeline-documents.js'
import { testErrors } from './resume-errors.js'
import { type Open, ResumeFixture } from './resume-fixture.js'
import { messagesOf, sendWave } from './senders.js'

const CUTS = 20
const WAYS_TO_CUT: readonly Cut[] = ['IN A FRAME', 'RST', 'FIN']

/** What the example for each client has to do. */
export function describeResuming(name: string, open: Open): void {
  describe(name, () => {
    // They wait as long as a client does before it tries again.
    vi.setConfig({ testTimeout: 60_000 })
    const fixture = new ResumeFixture(open)

    test('20 cuts during 500 messages: each of the four subscriptions misses nothing and delivers nothing twice', async () => {
      const { deal, after } = await fixture.newDeal()
      const { proxy, hear } = await fixture.connect()
      const hearings = SUBSCRIPTION_NAMES.map((field) => ({
        field,
        hearing: hear(SUBSCRIPTIONS[field], { deal, after }),
      }))
      const messages = hearings.find(({ field }) => field === 'messageAdded')?.hearing
      const perWave = messagesOf(fixture.senders)
      expect(perWave * CUTS).toBe(500)
      for (let wave = 0; wave < CUTS; wave += 1) {
        const sending = sendWave(deal, fixture.senders, wave)
        // At another place of each wave. The rest of it is sent while the client is away.
        await messages?.hears(wave * perWave + wave + 1)
        proxy.cut(WAYS_TO_CUT[wave % WAYS_TO_CUT.length] ?? 'FIN')
        await sending
      }
      for (const { field, hearing } of hearings) {
        const stored = await fixture.storedPositions(deal, field)
        await hearing.reaches(stored.at(-1) ?? 0)
        expect(hearing.positions, field).toEqual(stored)
      }
      expect(messages?.positions).toHaveLength(500)
      expect(proxy.cuts).toBe(CUTS)
    }, 120_000)

    test('without a cursor it begins with what comes, and from its first delivery on misses nothing', async () => {
      const { deal } = await fixture.newDeal()
      await fixture.bea.say(deal, 'too early')
      const { proxy, hear } = await fixture.connect()
      const hearing = hear(FOLLOW_MESSAGES, { deal })
      // Nothing says when the service has taken a subscription up.
      await vi.waitFor(async () => {
        await fixture.bea.say(deal, 'Is anybody there?')
        expect(hearing.positions).not.toEqual([])
      }, 10_000)
      proxy.cut('RST')
      await fixture.bea.say(deal, 'missed')
      await proxy.connected(2)
      await fixture.bea.say(deal, 'live')
      const stored = await fixture.storedPositions(deal, 'messageAdded')
      await hearing.reaches(stored.at(-1) ?? 0)
      expect(hearing.positions).toEqual(stored.slice(-hearing.positions.length))
    })

    test('a token that expires while messages flow is asked for anew: nothing is missed, nothing delivered twice', async () => {
      const { deal, after } = await fixture.newDeal()
      const { seed } = fixture.testService
      const lifetimes = [2, 3600]
      const token = vi.fn(async () => seed.token({ subject: 'sam', lifetimeSeconds: lifetimes.shift() ?? 3600 }))
      const { hear } = await fixture.connect({ token })
      const hearing = hear(FOLLOW_MESSAGES, { deal, after })
      let said = 0
      const sayNext = async () => {
        said += 1
        await fixture.bea.say(deal, `Message ${said}`)
      }
      while (token.mock.calls.length < 2) await sayNext()
      for (let nth = 0; nth < 10; nth += 1) await sayNext()
      await hearing.hears(said)
      expect(hearing.positions).toEqual(await fixture.storedPositions(deal, 'messageAdded'))
      expect(token).toHaveBeenCalledTimes(2)
    })

    test('a service that is stopped and started elsewhere goes on where the first left off', async () => {
      const { deal, after } = await fixture.newDeal()
      const first = await fixture.startAnother()
      const { proxy, hear } = await fixture.connect({ to: first })
      // On another node, and so before Sam listens: the first would hear of it only when it asks.
      await deal.changeStatus('FUNDED')
      const hearing = hear(FOLLOW_TIMELINE, { deal, after })
      await hearing.hears(1)
      // Nobody takes connections for a while.
      proxy.forwardTo(null)
      await first.service.close()
      await proxy.connected(3)
      await fixture.bea.say(deal, 'while it was away')
      const second = await fixture.startAnother()
      proxy.forwardTo(second.service.address.port)
      await hearing.hears(2)
      const live = second.service.services.message
      await live.send(fixture.bea.viewer, { transactionKey: deal.key, content: 'live' })
      await hearing.hears(3)
      expect(hearing.positions).toEqual(await fixture.storedPositions(deal, 'timelineAdvanced'))
    })

    testErrors(fixture)
  })
}
