import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createLogger } from '../../src/log.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { query } from '../testkit/sql.js'
import { EDIT, SEND } from '../testkit/writing.js'

// What goes wrong on our side is said in the log, and to callers only by a request id.

const logged: Record<string, unknown>[] = []
const log = createLogger({ logLevel: 'trace', logFormat: 'json' }, { write: (line) => logged.push(JSON.parse(line)) })

let testService: TestService
let bea: Person
let deal: Deal
let messageId: string

beforeAll(async () => {
  testService = await startTestService({}, log)
  bea = await testService.seed.person('bea')
  deal = await testService.seed.deal('deal', { buyer: bea })
  messageId = `msg_${(await bea.say(deal, 'words')).id}`
  await query(
    testService.database.url,
    `ALTER TABLE "Participant" ADD CONSTRAINT broken CHECK ("unreadFromSequence" < 2)`,
  )
  await query(
    testService.database.url,
    `ALTER TABLE "Message" ADD CONSTRAINT broken CHECK (content <> 'very secret words')`,
  )
  await query(testService.database.url, `ALTER TABLE "User" RENAME COLUMN "avatarUrl" TO "elsewhere"`)
})
beforeEach(() => {
  logged.length = 0
})
afterAll(() => testService.close())

/** The request id by which a masked error can be found. */
function requestIdIn(body: unknown): string {
  const { errors } = body as { errors: { message: string; extensions: Record<string, unknown> }[] }
  const requestId = String(errors[0]?.extensions['requestId'])
  expect(errors.map(({ message, extensions }) => ({ message, extensions }))).toEqual([
    {
      message: `Something went wrong on our side. Tell us this request id: ${requestId}`,
      extensions: { code: 'INTERNAL_SERVER_ERROR', requestId },
    },
  ])
  return requestId
}

test('an error before execution is 500, masked, with the id of the request, under which the log has what it was', async () => {
  const response = await fetch(testService.url, {
    method: 'POST',
    headers: { authorization: `Bearer ${bea.token}`, 'content-type': 'application/json' },
    body: '{"query":"{ viewer { id } }"}',
  })
  expect(response.status).toBe(500)
  const text = await response.text()
  expect(text).not.toMatch(/avatarUrl|elsewhere|column|prisma/i)
  const requestId = requestIdIn(JSON.parse(text))
  expect(response.headers.get('x-request-id')).toBe(requestId)
  const entry = logged.find((line) => line['requestId'] === requestId)
  expect(entry).toMatchObject({ level: 50, msg: 'A request failed' })
  expect(JSON.stringify(entry)).toContain('avatarUrl')
})

test('an error in execution is masked, and what was said is not in the log', async () => {
  await query(testService.database.url, `ALTER TABLE "User" RENAME COLUMN "elsewhere" TO "avatarUrl"`)
  const editing = await bea.ask(EDIT, { input: { messageId, content: 'very secret words' } })
  expect(editing.status).toBe(200)
  const requestId = requestIdIn(editing)
  expect(logged.find((line) => line['requestId'] === requestId)).toMatchObject({ path: ['editMessage'] })
  expect(JSON.stringify(logged)).not.toContain('very secret')
})

test('a send that the database refuses keeps what was said out of the log and of the answer', async () => {
  const sending = await bea.ask(SEND, { input: { transactionId: deal.id, content: 'very secret words' } })
  expect(JSON.stringify(sending)).not.toMatch(/constraint|broken|secret/)
  expect(sending.errors).toHaveLength(1)
  expect(logged).not.toEqual([])
  expect(JSON.stringify(logged)).not.toContain('very secret')
})

test('no token gets into the log', async () => {
  await bea.ask('{ viewer { id } }', {})
  expect(JSON.stringify(logged)).not.toContain(bea.token)
})
