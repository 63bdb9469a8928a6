import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ReceiptService } from '../../src/chat/receipt/receipt-service.js'
import { TypingService } from '../../src/chat/typing/typing-service.js'
import { watchBeginnings } from '../realtime/begun.js'
import { FOLLOW_READS, FOLLOW_TYPING } from '../realtime/signal-documents.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestNode, type TestService } from '../testkit/service.js'
import { connect, listen } from '../testkit/websocket-client.js'

// Nodes that nothing connects tell each other nothing of what passes: these run over Redis alone.

const readsBegun = watchBeginnings(ReceiptService.prototype)
const typingBegun = watchBeginnings(TypingService.prototype)
let here: TestService
let there: TestNode
let bea: Person
let sam: Person
let deal: Deal

describe('with two nodes', () => {
  beforeAll(async () => {
    here = await startTestService()
    there = await here.startAnotherNode()
    bea = await here.seed.person('bea')
    sam = await here.seed.person('sam')
  })
  beforeEach(async ({ task }) => {
    readsBegun.forget()
    typingBegun.forget()
    deal = await here.seed.deal(task.id, { buyer: bea, seller: sam })
  })
  afterAll(async () => {
    await there.close()
    await here.close()
  })

  const setTyping = ({ service }: TestNode, isTyping: boolean) =>
    service.services.typing.set(bea.viewer, deal.key, isTyping)

  /** Sam listens at the other node than the one where Bea types. */
  async function hearTyping() {
    const client = connect(there.webSocketUrl, sam.token)
    const listener = listen(client, FOLLOW_TYPING, { transactionId: deal.id })
    await typingBegun.count(1)
    return {
      next: async () => {
        const { user, isTyping, expiresAt } = (await listener.next()).typingChanged
        return [user.id, isTyping, expiresAt]
      },
      end: () => client.dispose(),
    }
  }

  test('a read position is told at the other one', async () => {
    const client = connect(there.webSocketUrl, sam.token)
    const listener = listen(client, FOLLOW_READS, { transactionId: deal.id })
    await readsBegun.count(1)
    const { id } = await sam.say(deal, 'Hello')
    const { lastReadAt } = await here.service.services.receipt.markRead(bea.viewer, deal.key, id)
    expect((await listener.next()).messagesRead).toMatchObject({
      user: { id: bea.id },
      lastReadSequence: 1,
      lastReadAt: lastReadAt?.toISOString(),
    })
    await client.dispose()
  })

  test('who types is told and shown at the other one, and that they stop', async () => {
    const hearing = await hearTyping()
    const expiresAt = await setTyping(here, true)
    expect(await hearing.next()).toEqual([bea.id, true, expiresAt?.toISOString()])
    expect(await there.service.services.typing.typists([deal.key])).toMatchObject([[{ key: 'bea' }]])
    await setTyping(here, false)
    expect(await hearing.next()).toEqual([bea.id, false, null])
    expect(await there.service.services.typing.typists([deal.key])).toEqual([[]])
    await hearing.end()
  })

  test('the same said to the other one within 2 s is dropped, and what that one puts out can be lit here at once', async () => {
    const first = (await setTyping(here, true))?.getTime() ?? 0
    const repeated = (await setTyping(there, true))?.getTime() ?? 0
    expect(Math.abs(repeated - first)).toBeLessThan(500)
    await setTyping(there, false)
    const hearing = await hearTyping()
    const again = await setTyping(here, true)
    expect(await hearing.next()).toEqual([bea.id, true, again?.toISOString()])
    await hearing.end()
  })

  test('who typed at one and sends through the other has stopped', async () => {
    await setTyping(here, true)
    const hearing = await hearTyping()
    await there.service.services.message.send(bea.viewer, { transactionKey: deal.key, content: 'Hello' })
    expect(await hearing.next()).toEqual([bea.id, false, null])
    await hearing.end()
  })
})
