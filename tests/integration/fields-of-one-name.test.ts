import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { query } from '../testkit/sql.js'

// Fields of one name in one place of the answer, with other arguments: of types of which each thing has one.

let testService: TestService
let bea: Person
let ids: string

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  const deal = await testService.seed.deal('deal', { buyer: bea })
  const { id } = await bea.say(deal, 'one')
  for (const content of ['two', 'three']) await bea.say(deal, content)
  const [seat] = await query<{ id: string }>(testService.database.url, 'SELECT "id" FROM "Participant"')
  ids = JSON.stringify([`msg_${id}`, `par_${seat?.id}`])
})
afterAll(() => testService.close())

test.each([
  ['a short document', ''],
  ['a document of many lines, which is parsed without places', '\n'.repeat(1_001)],
  ['a document of many characters, likewise', ' '.repeat(17_000)],
])('in %s are told apart', async (_, before) => {
  const messages = (first: number) => `transaction { messages(first: ${first}) { nodes { content } } }`
  const document = `{ nodes(ids: ${ids}) { ... on Message { ${messages(1)} } ... on Participant { ${messages(3)} } } }`
  const page = (...contents: string[]) => ({
    transaction: { messages: { nodes: contents.map((content) => ({ content })) } },
  })
  const { data, errors } = await bea.ask(before + document, {})
  expect(errors).toEqual([])
  expect(data).toEqual({ nodes: [page('one'), page('one', 'two', 'three')] })
})
