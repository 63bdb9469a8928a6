import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { encodeCursor } from '../../src/chat/timeline/timeline-cursor.js'
import { TimelineFollowers } from '../../src/chat/timeline/timeline-followers.js'
import { TimelineStore } from '../../src/chat/timeline/timeline-store.js'
import { graphql } from '../generated/gql.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import {
  FOLLOW_CHANGES,
  FOLLOW_MESSAGES,
  FOLLOW_STATUS,
  FOLLOW_TIMELINE,
  timelineCursor,
} from '../testkit/timeline-documents.js'
import { connect, listen } from '../testkit/websocket-client.js'

const CURSORS = graphql(`
  query ResumeCursors($id: ID!, $transactionId: ID!) {
    transaction(id: $id) {
      timelineCursor
      timeline(last: 1) {
        edges {
          cursor
        }
      }
    }
    messages(transactionId: $transactionId, last: 1) {
      edges {
        cursor
      }
      pageInfo {
        endCursor
      }
    }
  }
`)

const SEND = graphql(`
  mutation ResumeSend($input: SendMessageInput!) {
    sendMessage(input: $input) {
      messageEdge {
        cursor
      }
    }
  }
`)

let testService: TestService
let bea: Person
let sam: Person

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
})
afterAll(() => testService.close())

/** Every cursor that the API gives for the end of a timeline whose newest entry is a message. */
async function cursorsOfTheEnd(deal: Deal): Promise<Record<string, string | null | undefined>> {
  const { sendMessage } = await bea.get(SEND, { input: { transactionId: deal.id, content: 'the newest' } })
  const { transaction, messages } = await sam.get(CURSORS, { id: deal.id, transactionId: deal.id })
  return {
    timelineCursor: transaction?.timelineCursor,
    timelineEdge: transaction?.timeline.edges[0]?.cursor,
    messageEdge: messages.edges[0]?.cursor,
    endCursor: messages.pageInfo.endCursor,
    payloadEdge: sendMessage.messageEdge.cursor,
  }
}

test.each(['timelineCursor', 'timelineEdge', 'messageEdge', 'endCursor', 'payloadEdge'])(
  'a subscription begins right after a cursor of whichever source: %s',
  async (source) => {
    const deal = await testService.seed.deal(`source-${source}`, { buyer: bea, seller: sam })
    await bea.say(deal, 'not again')
    const cursors = await cursorsOfTheEnd(deal)
    await bea.say(deal, 'missed')
    const client = connect(testService.webSocketUrl, sam.token)
    const listener = listen(client, FOLLOW_MESSAGES, { transactionId: deal.id, after: cursors[source] ?? null })
    expect((await listener.next()).messageAdded.node.content).toBe('missed')
    await client.dispose()
  },
)

test('every cursor that a subscription delivers is good for every other', async () => {
  const deal = await testService.seed.deal('delivered', { buyer: bea, seller: sam })
  const start = await timelineCursor(sam, deal)
  const client = connect(testService.webSocketUrl, sam.token)
  const { id } = await bea.say(deal, 'Helo')
  await testService.service.services.message.edit(bea.viewer, id, 'Hello')
  await deal.changeStatus('FUNDED')
  const variables = { transactionId: deal.id, after: start }
  const [{ messageAdded }, { messageChanged }, { transactionStatusChanged }] = await Promise.all([
    listen(client, FOLLOW_MESSAGES, variables).next(),
    listen(client, FOLLOW_CHANGES, variables).next(),
    listen(client, FOLLOW_STATUS, variables).next(),
  ])
  const timeline = (await listen(client, FOLLOW_TIMELINE, variables).take(3)).map((each) => each.timelineAdvanced)
  const cursors = [messageAdded.cursor, messageChanged.cursor, transactionStatusChanged.cursor]
  expect(timeline.map(({ cursor }) => cursor)).toEqual(cursors)

  await bea.say(deal, 'the end')
  const positions = cursors.map(async (after) => {
    const { timelineAdvanced } = await listen(client, FOLLOW_TIMELINE, { transactionId: deal.id, after }).next()
    return timelineAdvanced.node.position
  })
  expect(await Promise.all(positions)).toEqual([5, 6, 7])
  await client.dispose()
})

test('the cursor of the very beginning brings everything', async () => {
  const deal = await testService.seed.deal('beginning', { buyer: bea, seller: sam })
  const client = connect(testService.webSocketUrl, sam.token)
  const listener = listen(client, FOLLOW_TIMELINE, { transactionId: deal.id, after: encodeCursor(deal.key, 0) })
  const kinds = (await listener.take(3)).map(({ timelineAdvanced }) => timelineAdvanced.node.__typename)
  expect(kinds).toEqual(['StatusChanged', 'ParticipantJoined', 'ParticipantJoined'])
  await client.dispose()
})

test('a cursor that is ahead of what the service has passed on brings nothing a second time', async () => {
  const deal = await testService.seed.deal('ahead', { buyer: bea, seller: sam })
  const client = connect(testService.webSocketUrl, sam.token)
  const start = await timelineCursor(sam, deal)
  const first = listen(client, FOLLOW_TIMELINE, { transactionId: deal.id, after: start })
  const { id } = await bea.say(deal, 'Helo')
  await first.next()
  // The service reads the edit, to pass it on, and is held up in that.
  let letGo = () => {}
  const held = new Promise<void>((resolve) => {
    letGo = resolve
  })
  const { read } = TimelineStore.prototype
  const reading = vi.spyOn(TimelineStore.prototype, 'read').mockImplementationOnce(async function (
    this: TimelineStore,
    ...args
  ) {
    await held
    return read.apply(this, args)
  })
  await testService.service.services.message.edit(bea.viewer, id, 'Hello')
  const borrow = vi.spyOn(TimelineFollowers.prototype, 'borrow')
  const after = await timelineCursor(sam, deal)
  const second = listen(client, FOLLOW_TIMELINE, { transactionId: deal.id, after })
  await vi.waitFor(() => expect(borrow).toHaveResolved())
  letGo()
  await bea.say(deal, 'next')

  expect((await second.next()).timelineAdvanced.node.position).toBe(6)
  expect((await first.take(2)).map(({ timelineAdvanced }) => timelineAdvanced.node.position)).toEqual([5, 6])
  expect(reading).toHaveBeenCalled()
  vi.restoreAllMocks()
  await client.dispose()
})
