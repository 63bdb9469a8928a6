import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Frame, RawSocket } from '../testkit/raw-socket.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { readDocument } from './markdown.js'

let testService: TestService

beforeAll(async () => {
  testService = await startTestService({ NODE_ENV: 'development' })
})
afterAll(() => testService.close())

test('the conversation in docs/protocol.md happens like that', async () => {
  const transcript = readDocument('docs/protocol.md').blocks.find(({ text }) => text.startsWith('→'))?.text ?? ''
  const token = await testService.seed.token({ subject: 'bea' })
  const socket = await RawSocket.open(testService.webSocketUrl, { protocol: 'graphql-transport-ws' })

  for (const { sent, received } of turnsOf(transcript)) {
    for (const frame of sent) socket.send(withToken(frame, token))
    const answers: Frame[] = []
    while (answers.length < received.length) answers.push(await socket.next())
    // Operations run side by side: the document says itself that their answers come in any order.
    for (const expected of received) expect(answers).toContainEqual(withBlanks(expected))
  }
  expect(await socket.untilPong()).toEqual([])
  await socket.close()
})

interface Turn {
  readonly sent: Frame[]
  readonly received: Frame[]
}

/** What the client says without a pause, and all that the server answers before the client goes on. */
function turnsOf(transcript: string): Turn[] {
  const turns: Turn[] = []
  for (const line of transcript.split('\n')) {
    const [, direction, json = ''] = /^([→←]) (.+)$/.exec(line) ?? []
    if (direction === '→' && turns.at(-1)?.received.length !== 0) turns.push({ sent: [], received: [] })
    turns.at(-1)?.[direction === '→' ? 'sent' : 'received'].push(JSON.parse(json))
  }
  expect(turns.length).toBeGreaterThan(3)
  return turns
}

function withToken(frame: Frame, token: string): Frame {
  return frame.type === 'connection_init' ? { ...frame, payload: { token } } : frame
}

/** `…` stands for whatever is there. */
function withBlanks(frame: Frame): unknown {
  return JSON.parse(JSON.stringify(frame), (_key, value: unknown) => (value === '…' ? expect.any(String) : value))
}
