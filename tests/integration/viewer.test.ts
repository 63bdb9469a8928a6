import { afterAll, beforeAll, expect, test } from 'vitest'
import { graphql } from '../generated/gql.js'
import { startTestService, type TestService } from '../testkit/service.js'

const VIEWER = graphql(`
  query ViewerSelf {
    viewer {
      id
      kind
      user {
        id
        displayName
        avatarUrl
      }
      clientId
      scopes
      tokenExpiresAt
      unreadCount
    }
  }
`)

let testService: TestService

beforeAll(async () => {
  testService = await startTestService()
})
afterAll(() => testService.close())

const tokenExpiresAt = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/)

test('a person sees themselves', async () => {
  const bea = await testService.seed.person('bea', 'Bea')
  const { viewer } = await bea.get(VIEWER, {})
  expect(viewer).toEqual({
    id: 'usr_bea',
    kind: 'USER',
    user: { id: 'usr_bea', displayName: 'Bea', avatarUrl: null },
    clientId: null,
    scopes: [],
    tokenExpiresAt,
    unreadCount: 0,
  })
  // The token of a test is good for an hour.
  const expiresInMs = Date.parse(viewer.tokenExpiresAt) - Date.now()
  expect(expiresInMs).toBeGreaterThan(3_500_000)
  expect(expiresInMs).toBeLessThanOrEqual(3_600_000)
})

test.each([
  [
    'a partner',
    { clientId: 'shop', scopes: ['history:read', 'other'] },
    { id: 'client_shop', kind: 'PARTNER', clientId: 'shop', scopes: ['history:read', 'other'] },
  ],
  [
    'the platform with a client id',
    { clientId: 'backend', scopes: ['platform'] },
    { id: 'platform', kind: 'PLATFORM', clientId: 'backend', scopes: ['platform'] },
  ],
  [
    'the platform without one',
    { scopes: ['platform'] },
    { id: 'platform', kind: 'PLATFORM', clientId: 'platform', scopes: ['platform'] },
  ],
])('%s is nobody of the users, and has nothing unread', async (_, request, expected) => {
  const { viewer } = await (await testService.seed.caller(request)).get(VIEWER, {})
  expect(viewer).toEqual({ ...expected, user: null, unreadCount: 0, tokenExpiresAt })
})

test('somebody who uses a client that may read no history is that person', async () => {
  await testService.seed.person('sam', 'Sam')
  const sam = await testService.seed.caller({ subject: 'sam', clientId: 'app', scopes: ['chat'] })
  expect((await sam.get(VIEWER, {})).viewer).toMatchObject({
    id: 'usr_sam',
    kind: 'USER',
    clientId: null,
    scopes: ['chat'],
  })
})
