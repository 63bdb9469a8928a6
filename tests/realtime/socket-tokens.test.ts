import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTokenIssuer } from '../../src/auth/token-issuer.js'
import { RawSocket } from '../testkit/raw-socket.js'
import type { Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { query } from '../testkit/sql.js'

const REFUSED = { code: 4403, reason: 'Forbidden' }

let testService: TestService
let sam: Person

beforeAll(async () => {
  testService = await startTestService()
  sam = await testService.seed.person('sam')
  await testService.seed.person('sue')
  await query(testService.database.url, `UPDATE "User" SET "status" = 'SUSPENDED' WHERE "key" = 'sue'`)
})
afterAll(() => testService.close())

async function open(url = testService.webSocketUrl): Promise<RawSocket> {
  return RawSocket.open(url, { protocol: 'graphql-transport-ws' })
}

function forge(): Promise<string> {
  return createTokenIssuer(randomUUID(), { issuer: null, audience: null })({ subject: 'sam', lifetimeSeconds: 60 })
}

const REFUSED_TOKENS: Record<string, () => Promise<unknown>> = {
  'no payload at all': async () => undefined,
  'no token': async () => ({}),
  'a token that is none': async () => ({ authorization: 'Bearer none' }),
  'a token without the word Bearer': async () => ({ authorization: sam.token }),
  'a token that is not even text': async () => ({ token: 42 }),
  'an expired token': async () => ({ token: await testService.seed.token({ subject: 'sam', lifetimeSeconds: -60 }) }),
  'a forged token': async () => ({ token: await forge() }),
  'the token of nobody we know': async () => ({ token: await testService.seed.token({ subject: 'nobody' }) }),
  'the token of somebody suspended': async () => ({ token: await testService.seed.token({ subject: 'sue' }) }),
}

test.each(Object.keys(REFUSED_TOKENS))('%s is refused like all others', async (which) => {
  const payload = await REFUSED_TOKENS[which]?.()
  expect(await RawSocket.closingOf(testService.webSocketUrl, payload)).toEqual(REFUSED)
})

test('a token in the URL does not count', async () => {
  const { token } = sam
  const names = ['token=', 'access_token=', 'jwt=', 'authorization=Bearer%20']
  const url = `${testService.webSocketUrl}?${names.map((name) => name + token).join('&')}`
  expect(await RawSocket.closingOf(url)).toEqual(REFUSED)
})

test('a token in a header or in a cookie does not count', async () => {
  const headers = {
    authorization: `Bearer ${sam.token}`,
    cookie: `token=${sam.token}; authorization=Bearer ${sam.token}`,
  }
  expect(await RawSocket.closingOf(testService.webSocketUrl, undefined, { headers })).toEqual(REFUSED)
})

test.each([
  ['authorization', (token: string) => `Bearer ${token}`],
  ['token', (token: string) => token],
] as const)('a good token is taken as `%s`', async (name, write) => {
  const socket = await open()
  socket.send({ type: 'connection_init', payload: { [name]: write(sam.token) } })
  expect(await socket.next()).toEqual({ type: 'connection_ack' })
  await socket.close()
})

test('a socket is closed when its token expires, with all that it listens to', async () => {
  const expiresAfterMs = 1_000
  const socket = await RawSocket.connect(
    testService.webSocketUrl,
    await testService.seed.token({ subject: 'sam', lifetimeSeconds: expiresAfterMs / 1_000 + 1 }),
  )
  const deal = await testService.seed.deal('expiry', { buyer: sam })
  socket.subscribe(
    'deal',
    'subscription SocketTokensExpiry($id: ID!) { messageAdded(transactionId: $id) { cursor } }',
    {
      id: deal.id,
    },
  )
  expect(await socket.closed).toEqual({ code: 4403, reason: 'Token expired' })
})

test('a socket whose token expires late is not closed early', async () => {
  const sixtyDaysS = 60 * 24 * 60 * 60
  const token = await testService.seed.token({ subject: 'sam', lifetimeSeconds: sixtyDaysS })
  const socket = await RawSocket.connect(testService.webSocketUrl, token)
  expect(await socket.untilPong()).toEqual([])
  await socket.close()
})

test('nothing may be asked before the token was shown', async () => {
  const socket = await open()
  socket.subscribe('early', '{ viewer { id } }')
  expect(await socket.closed).toEqual({ code: 4401, reason: 'Unauthorized' })
})

test('a token can be shown once', async () => {
  const socket = await RawSocket.connect(testService.webSocketUrl, sam.token)
  socket.send({ type: 'connection_init', payload: { token: sam.token } })
  expect(await socket.closed).toMatchObject({ code: 4429 })
})
