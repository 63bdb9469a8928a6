import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { post, refusalOf } from '../testkit/http-client.js'
import { PostgresProxy } from '../testkit/postgres-proxy.js'
import { RawSocket } from '../testkit/raw-socket.js'
import { startTestService, type TestService } from '../testkit/service.js'

// Both ask one database that hangs. The one with the usual time takes 4.5 s to give up, which is longer than a machine is
// ever busy; so it shows that the other's is its own.

let proxy: PostgresProxy
let hasty: TestService
let usual: TestService
let tokens: { hasty: string; usual: string }

beforeAll(async () => {
  proxy = await PostgresProxy.start(inject('postgresUrl'))
  const behindProxy = (env: Record<string, string>) =>
    startTestService((database) => ({ DATABASE_URL: proxy.urlOf(database.url), ...env }))
  hasty = await behindProxy({ EXECUTION_TIMEOUT_MS: '1000' })
  usual = await behindProxy({})
  for (const { seed } of [hasty, usual]) await seed.person('bea')
  tokens = { hasty: await hasty.seed.token({ subject: 'bea' }), usual: await usual.seed.token({ subject: 'bea' }) }
})
afterAll(async () => {
  proxy.goOn()
  await hasty.close()
  await usual.close()
  await proxy.close()
})

const QUERY = '{ viewer { unreadCount } }'

test('an operation may take as long as is set, over HTTP and over a WebSocket', async () => {
  const sockets = {
    hasty: await RawSocket.connect(hasty.webSocketUrl, tokens.hasty),
    usual: await RawSocket.connect(usual.webSocketUrl, tokens.usual),
  }
  proxy.hang()
  const ask = ({ url }: TestService, token: string) => post(url, QUERY, {}, { authorization: `Bearer ${token}` })
  const slow = [ask(usual, tokens.usual), sockets.usual.next()]
  sockets.usual.subscribe('1', QUERY)
  sockets.hasty.subscribe('1', QUERY)

  const late = Promise.race(slow).then(() => 'late')
  const answer = await Promise.race([ask(hasty, tokens.hasty), late])
  expect(answer).not.toBe('late')
  if (typeof answer !== 'string') expect(refusalOf(answer)).toEqual({ code: 'SERVICE_UNAVAILABLE' })
  const frame = await Promise.race([sockets.hasty.next(), late])
  expect(frame).toMatchObject({ payload: { errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }] } })

  proxy.goOn()
  await Promise.all(slow)
  for (const socket of Object.values(sockets)) await socket.close()
})
