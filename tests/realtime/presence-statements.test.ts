import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { ConnectedPeople } from '../../src/chat/presence/connected-people.js'
import { READ_INACTIVE, READ_SHARING, WRITE_LAST_SEEN } from '../../src/chat/presence/presence-statement.js'
import { PresenceWatch } from '../../src/chat/presence/presence-watch.js'
import { READ_HEADS } from '../../src/chat/timeline/read-statement.js'
import { UserStore } from '../../src/chat/user/user-store.js'
import { RawSocket } from '../testkit/raw-socket.js'
import type { Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { connect } from '../testkit/websocket-client.js'
import { followPresence, untilOnline } from './presence-documents.js'

// What presence costs the database, and that it leaves nothing behind.

const IN_ITS_OWN_TIME: (string | undefined)[] = [READ_HEADS, READ_INACTIVE, WRITE_LAST_SEEN].map(({ name }) => name)

const queries = vi.spyOn(pg.Client.prototype, 'query')
const arrivals = vi.spyOn(ConnectedPeople.prototype, 'arrive')
const watches = vi.spyOn(PresenceWatch.prototype, 'watch')

let testService: TestService
let bea: Person

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
})
afterAll(() => testService.close())

/** The names of the statements since the last call, null for one without; but for what a node asks in its own time. */
function statements(): (string | null)[] {
  const names = queries.mock.calls.splice(0).map(([statement]) => (statement as { name?: string }).name ?? null)
  return names.filter((name) => name === null || !IN_ITS_OWN_TIME.includes(name))
}

test('whether forty people are online, and since when, is one statement for the answer', async () => {
  const crowd: Person[] = []
  for (let nth = 0; nth < 40; nth += 1) crowd.push(await testService.seed.person(`agent-${nth}`))
  await testService.seed.deal('crowd', { buyer: bea, agent: crowd })
  await testService.seed.deal('pair', { buyer: bea, agent: crowd.slice(0, 1) })
  const ask = async (fields: string, key: string) => {
    statements()
    const query = `{ transaction(id: "txn_${key}") { participants { user { ${fields} } } } }`
    expect((await bea.ask(query, {})).errors).toEqual([])
    return statements()
  }
  const without = await ask('displayName', 'crowd')
  const asked = await ask('displayName isOnline lastSeenAt', 'crowd')
  expect(asked.filter((name) => name === READ_SHARING.name)).toHaveLength(1)
  expect(asked).toHaveLength(without.length + 1)
  expect(await ask('displayName isOnline lastSeenAt', 'pair')).toEqual(asked)
})

test.each([1, 12])('who comes costs one statement, to %i subscribers', async (count) => {
  const sam = await testService.seed.person(`sam-${count}`)
  const deal = await testService.seed.deal(`deal-${count}`, { buyer: bea, seller: sam })
  const clients = Array.from({ length: count }, () => connect(testService.webSocketUrl, bea.token))
  const listeners = []
  for (const client of clients) listeners.push(await followPresence(client, deal))
  statements()
  const socket = await RawSocket.connect(testService.webSocketUrl, sam.token)
  for (const listener of listeners) expect(await listener.next()).toMatchObject({ id: sam.id, isOnline: true })
  // One finds out who connects, the other reads the person for all subscribers.
  expect(statements()).toHaveLength(2)
  await socket.close()
  for (const client of clients) await client.dispose()
})

function instanceOf<Instance>(
  kind: new (...parts: never[]) => Instance,
  { mock }: { mock: { contexts: unknown[] } },
): Instance {
  const [instance] = mock.contexts
  if (!(instance instanceof kind)) throw new Error(`There is no ${kind.name} yet`)
  return instance
}

test('nothing is left behind of those who have come, listened and gone', async () => {
  const ana = await testService.seed.person('ana')
  const deal = await testService.seed.deal('churn', { buyer: bea, seller: ana })
  for (let nth = 0; nth < 10; nth += 1) {
    const clients = [bea, ana, ana].map(({ token }) => connect(testService.webSocketUrl, token))
    for (const client of clients) {
      const { stop } = await followPresence(client, deal)
      if (nth % 2 === 0) stop()
    }
    await Promise.all(clients.map((client) => client.dispose()))
  }
  await vi.waitFor(() => expect(instanceOf(ConnectedPeople, arrivals).size).toBe(0))
  await vi.waitFor(() => expect(instanceOf(PresenceWatch, watches).size).toBe(0))
  await untilOnline(ana, false)
})

test('a socket that closes while it is being acknowledged leaves nobody', async () => {
  const kim = await testService.seed.person('kim')
  const socket = await RawSocket.connect(testService.webSocketUrl, bea.token)
  arrivals.mockClear()
  const { find } = UserStore.prototype
  let found = () => {}
  const looked = new Promise<void>((resolve) => {
    found = resolve
  })
  const finding = vi.spyOn(UserStore.prototype, 'find').mockImplementationOnce(async function (this: UserStore, key) {
    const user = await find.call(this, key)
    await looked
    return user
  })
  const hasty = await RawSocket.open(testService.webSocketUrl, { protocol: 'graphql-transport-ws' })
  hasty.send({ type: 'connection_init', payload: { token: kim.token } })
  await vi.waitFor(() => expect(finding).toHaveBeenCalled())
  // A second one closes it, and its end is known to both sides while the first is still looked at.
  hasty.send({ type: 'connection_init', payload: { token: kim.token } })
  expect(await hasty.closed).toMatchObject({ code: 4429 })
  found()
  await finding.mock.results[0]?.value
  expect(await socket.untilPong()).toEqual([])
  expect(arrivals).not.toHaveBeenCalled()
  await socket.close()
})
