import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { FOLLOW_TIMELINE, timelineCursor } from '../testkit/timeline-documents.js'
import { connect, listen } from '../testkit/websocket-client.js'

let testService: TestService
let bea: Person
let sam: Person
let ana: Person

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
  ana = await testService.seed.person('ana')
})
afterAll(() => testService.close())

/** One thing of every kind, and what each of them looks like, in order. */
async function doEverything(deal: Deal): Promise<object[]> {
  const { message: messages } = testService.service.services
  const { id } = await bea.say(deal, 'Helo')
  await messages.edit(bea.viewer, id, 'Hello')
  await deal.changeStatus('FUNDED', 'Paid.')
  await deal.seat({ buyer: bea, seller: sam, agent: ana })
  await deal.seat({ buyer: bea, seller: sam })
  const kept = await bea.say(deal, 'Who was that?')
  await messages.delete(bea.viewer, id)
  const anasSeat = { user: { id: ana.id }, role: 'AGENT' }
  return [
    { __typename: 'MessageSent', position: 4, content: null, message: { id: `msg_${id}` } },
    { __typename: 'MessageEdited', position: 5, content: null, message: { id: `msg_${id}` } },
    { __typename: 'StatusChanged', position: 6, previousStatus: 'DRAFT', status: 'FUNDED', said: 'Paid.' },
    { __typename: 'MessageSent', position: 7, content: 'Paid.', message: { id: expect.any(String) } },
    { __typename: 'ParticipantJoined', position: 8, ...anasSeat },
    { __typename: 'ParticipantLeft', position: 9, ...anasSeat },
    { __typename: 'MessageSent', position: 10, content: 'Who was that?', message: { id: `msg_${kept.id}` } },
    { __typename: 'MessageDeleted', position: 11, message: { id: `msg_${id}`, deletedAt: expect.any(String) } },
  ]
}

test('all six kinds arrive in one order, as they happen', async () => {
  const deal = await testService.seed.deal('live', { buyer: bea, seller: sam })
  const client = connect(testService.webSocketUrl, sam.token)
  const listener = listen(client, FOLLOW_TIMELINE, { transactionId: deal.id, after: await timelineCursor(sam, deal) })

  const expected = await doEverything(deal)

  const nodes = (await listener.take(expected.length)).map(({ timelineAdvanced }) => timelineAdvanced.node)
  // What was said may have been passed on before it was deleted.
  const withoutContent = (entries: readonly object[]) => entries.map((entry) => ({ ...entry, content: undefined }))
  expect(withoutContent(nodes)).toEqual(withoutContent(expected))
  await client.dispose()
})

test('all six kinds that were missed come in the same order, and what a deletion hides is hidden', async () => {
  const deal = await testService.seed.deal('missed', { buyer: bea, seller: sam })
  const after = await timelineCursor(sam, deal)
  const expected = await doEverything(deal)
  const client = connect(testService.webSocketUrl, sam.token)
  const listener = listen(client, FOLLOW_TIMELINE, { transactionId: deal.id, after })

  const nodes = (await listener.take(expected.length)).map(({ timelineAdvanced }) => timelineAdvanced.node)
  expect(nodes).toEqual(expected)
  await client.dispose()
})

test('an arbiter is shown what was said before it was deleted', async () => {
  const deal = await testService.seed.deal('arbiter', { buyer: bea, arbiter: sam })
  const after = await timelineCursor(sam, deal)
  await doEverything(deal)
  await deal.seat({ buyer: bea, arbiter: sam })
  const client = connect(testService.webSocketUrl, sam.token)
  const listener = listen(client, FOLLOW_TIMELINE, { transactionId: deal.id, after })

  const [sent, edited] = (await listener.take(2)).map(({ timelineAdvanced }) => timelineAdvanced.node)
  expect(sent).toMatchObject({ __typename: 'MessageSent', content: 'Helo' })
  expect(edited).toMatchObject({ __typename: 'MessageEdited', content: 'Hello' })
  await client.dispose()
})
