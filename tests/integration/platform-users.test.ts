import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { UpsertUserInput } from '../generated/graphql.js'
import { UPSERT_USER } from '../testkit/platform-documents.js'
import type { Caller } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { contentsOf, query } from '../testkit/sql.js'

let testService: TestService
let platform: Caller
let key: string

beforeAll(async () => {
  // On a busy machine it can take long until all of many have had their turn.
  testService = await startTestService({ DATABASE_POOL_TIMEOUT_MS: '30000', DATABASE_LOCK_TIMEOUT_MS: '30000' })
  // The first connection can take long, too; nobody is kept waiting for an answer by it.
  await testService.seed.person('somebody')
  platform = await testService.seed.caller({ clientId: 'backend', scopes: ['platform'] })
})
beforeEach(({ task }) => {
  key = task.id
})
afterAll(() => testService.close())

async function upsert(given: Partial<UpsertUserInput>) {
  const { upsertUser } = await platform.get(UPSERT_USER, { input: { key, displayName: 'Bea', ...given } })
  return upsertUser.user
}

const PICTURE = 'https://example.com/bea.png'

async function status(): Promise<string | undefined> {
  const [row] = await query<{ status: string }>(
    testService.database.url,
    'SELECT status::text FROM "User" WHERE key = $1',
    [key],
  )
  return row?.status
}

test('a new person may sign in from then on', async () => {
  const { token } = await testService.seed.caller({ subject: key })
  const asks = async () =>
    (await fetch(`${testService.url}?query={viewer{id}}`, { headers: { authorization: `Bearer ${token}` } })).status
  expect(await asks()).toBe(401)
  expect(await upsert({ avatarUrl: PICTURE })).toEqual({ id: `usr_${key}`, displayName: 'Bea', avatarUrl: PICTURE })
  expect(await asks()).toBe(200)
  await upsert({ status: 'SUSPENDED' })
  expect(await asks()).toBe(401)
  await upsert({ status: 'ACTIVE' })
  expect(await asks()).toBe(200)
})

test('what is left out stays, null clears the picture, and a null status is none', async () => {
  await upsert({ avatarUrl: PICTURE, status: 'SUSPENDED' })
  expect(await upsert({ displayName: 'Beatrice' })).toMatchObject({ displayName: 'Beatrice', avatarUrl: PICTURE })
  expect(await status()).toBe('SUSPENDED')
  expect(await upsert({ avatarUrl: null, status: null })).toMatchObject({ avatarUrl: null })
  expect(await status()).toBe('SUSPENDED')
})

test('the same again changes nothing', async () => {
  const first = await upsert({ avatarUrl: PICTURE })
  const before = await contentsOf(testService.database.url)
  expect(await upsert({ avatarUrl: PICTURE })).toEqual(first)
  expect(await upsert({})).toEqual(first)
  expect(await contentsOf(testService.database.url)).toEqual(before)
})

test('a new person by ten calls at once is there once, as one of them says', async () => {
  const names = Array.from({ length: 10 }, (_, nth) => `Bea ${nth % 3}`)
  const answers = await Promise.all(names.map((displayName) => upsert({ displayName })))
  expect(answers.map(({ displayName }) => displayName)).toEqual(names)
  const rows = await query<{ displayName: string }>(
    testService.database.url,
    'SELECT "displayName" FROM "User" WHERE key = $1',
    [key],
  )
  expect(rows).toHaveLength(1)
  expect(names).toContain(rows[0]?.displayName)
})
