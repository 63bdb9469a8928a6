import type { ServerResponse } from 'node:http'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { PublishedKeys } from '../../src/auth/published-keys.js'
import { post } from '../testkit/http-client.js'
import { createKeyPair, type KeyPair, KeyPublisher, signWith } from '../testkit/key-publisher.js'
import { RawSocket } from '../testkit/raw-socket.js'
import { PLATFORM } from '../testkit/seed.js'
import { startTestService } from '../testkit/service.js'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const FOUND = 'found'
const REFUSED = 'UNAUTHENTICATED'
const UNAVAILABLE = 'SERVICE_UNAVAILABLE'

/** A publisher, the keys as the service has them, and a clock that goes when the test says so. */
async function setUp() {
  const publisher = await KeyPublisher.start()
  const onFailure = vi.fn()
  let now = 0
  const keys = new PublishedKeys({ url: publisher.url, onFailure, now: () => now })
  return {
    publisher,
    onFailure,
    /** What comes of a token that names this key. */
    find: (kid: string) =>
      keys.find({ alg: 'ES256', kid }).then(
        () => FOUND,
        ({ code }) => code as string,
      ),
    pass: (ms: number) => {
      now += ms
    },
  }
}

const fail = (response: ServerResponse) => void response.writeHead(500).end('{"keys":[]}')

describe('keys', () => {
  test('are asked for when the first token comes, and then no more', async () => {
    const { publisher, find, pass } = await setUp()
    await publisher.publish('a')
    expect(publisher.fetches).toBe(0)
    for (let nth = 0; nth < 5; nth += 1) {
      expect(await find('a')).toBe(FOUND)
      pass(MINUTE)
    }
    expect(publisher.fetches).toBe(1)
  })

  test('are asked for once by a hundred tokens that come together', async () => {
    const { publisher, find } = await setUp()
    await publisher.publish('a')
    const all = await Promise.all(Array.from({ length: 100 }, () => find('a')))
    expect(new Set(all)).toEqual(new Set([FOUND]))
    expect(publisher.fetches).toBe(1)
  })

  test('that are new are taken up at the first token that names them', async () => {
    const { publisher, find } = await setUp()
    await publisher.publish('a')
    expect(await find('a')).toBe(FOUND)
    await publisher.publish('b')
    expect(await Promise.all([find('b'), find('b'), find('a')])).toEqual([FOUND, FOUND, FOUND])
    expect(publisher.fetches).toBe(2)
  })

  test('that are unknown are asked for once in 30 s, however many they are', async () => {
    const { publisher, find, pass } = await setUp()
    await publisher.publish('a')
    await find('a')
    const flood = () => Promise.all(Array.from({ length: 200 }, (_, nth) => find(`unknown-${nth}`)))
    expect(new Set(await flood())).toEqual(new Set([REFUSED]))
    expect(await find('one more')).toBe(REFUSED)
    pass(29 * SECOND)
    await flood()
    expect(publisher.fetches).toBe(2)
    pass(SECOND)
    await flood()
    expect(publisher.fetches).toBe(3)
    expect(await find('a')).toBe(FOUND)
  })

  test('that are unknown to a service that has just begun are asked for once as well', async () => {
    const { publisher, find } = await setUp()
    await publisher.publish('a')
    for (let nth = 0; nth < 10; nth += 1) expect(await find(`unknown-${nth}`)).toBe(REFUSED)
    expect(await find('a')).toBe(FOUND)
    expect(publisher.fetches).toBe(1)
  })

  test('that are withdrawn are good for ten minutes at most', async () => {
    const { publisher, find, pass } = await setUp()
    const old: KeyPair = await publisher.publish('a')
    await find('a')
    publisher.withdraw(old)
    pass(10 * MINUTE - 1)
    expect(await find('a')).toBe(FOUND)
    pass(1)
    expect(await find('a')).toBe(REFUSED)
  })
})

/** What an endpoint can do that isn't an answer. */
const MISBEHAVIOURS: Record<string, (response: ServerResponse) => void> = {
  'answers 500': fail,
  'answers 404': (response) => void response.writeHead(404).end(),
  'answers nothing': (response) => void response.end(),
  'answers garbage': (response) => void response.end('<html>'),
  'answers JSON that is no set of keys': (response) => void response.end('{"keys":{}}'),
  'answers with a list': (response) => void response.end('[]'),
  redirects: (response) => void response.writeHead(302, { location: '/elsewhere' }).end(),
  'hangs up': (response) => void response.destroy(),
  'hangs up in the middle': (response) => void response.write('{"keys":[', () => response.destroy()),
  'answers with a megabyte': (response) => void response.end(`{"keys":[],"more":"${'x'.repeat(1_048_576)}"}`),
}

describe('an endpoint that', () => {
  test.each(Object.entries(MISBEHAVIOURS))(
    '%s leaves what is known good, and the rest for later',
    async (_, misbehave) => {
      const { publisher, onFailure, find, pass } = await setUp()
      await publisher.publish('a')
      await find('a')
      publisher.misbehave = misbehave
      expect(await find('b')).toBe(UNAVAILABLE)
      expect(await find('c')).toBe(UNAVAILABLE)
      expect(await find('a')).toBe(FOUND)
      pass(10 * MINUTE)
      expect(await find('a')).toBe(FOUND)
      await vi.waitFor(() => expect(onFailure).toHaveBeenCalledTimes(2), 10_000)
      expect(publisher.fetches).toBe(3)
      publisher.misbehave = null
      await publisher.publish('b')
      pass(30 * SECOND)
      expect(await find('b')).toBe(FOUND)
      expect(onFailure).toHaveBeenCalledTimes(2)
    },
  )

  test('fails from the beginning is asked once in 2 s, and everybody is told to come again', async () => {
    const { publisher, find, pass } = await setUp()
    await publisher.publish('a')
    publisher.misbehave = fail
    expect(await Promise.all([find('a'), find('b'), find('a')])).toEqual([UNAVAILABLE, UNAVAILABLE, UNAVAILABLE])
    expect(await find('a')).toBe(UNAVAILABLE)
    pass(2 * SECOND - 1)
    expect(await find('a')).toBe(UNAVAILABLE)
    expect(publisher.fetches).toBe(1)
    publisher.misbehave = null
    pass(1)
    expect(await find('a')).toBe(FOUND)
  })

  test('hangs keeps those whose key is known waiting once, and not for long', async () => {
    const { publisher, find, pass } = await setUp()
    await publisher.publish('a')
    await find('a')
    publisher.misbehave = () => {}
    pass(10 * MINUTE)
    expect(await find('a')).toBe(FOUND)
    pass(30 * SECOND)
    // It is asked again, and this one doesn't wait for it.
    const another = find('b')
    expect(await Promise.race([find('a'), another])).toBe(FOUND)
    expect(await another).toBe(UNAVAILABLE)
    expect(publisher.fetches).toBe(3)
  })

  test('is away for a day is not believed in for longer', async () => {
    const { publisher, find, pass } = await setUp()
    await publisher.publish('a')
    await find('a')
    publisher.misbehave = fail
    pass(24 * HOUR - 1)
    expect(await find('a')).toBe(FOUND)
    pass(1)
    expect(await find('a')).toBe(UNAVAILABLE)
    publisher.misbehave = null
    pass(30 * SECOND)
    expect(await find('a')).toBe(FOUND)
  })
})

describe('at the doors of a service', () => {
  test('whose issuer hangs, tokens of a known key are taken, and others told to come again', async () => {
    const publisher = await KeyPublisher.start()
    const known = await publisher.publish('known')
    const testService = await startTestService({
      JWT_SECRET: '',
      JWT_JWKS_URL: publisher.url.href,
    })
    onTestFinished(() => testService.close())
    await testService.service.services.user.upsert(PLATFORM, { key: 'bea', displayName: 'Bea' })
    const ask = async (token: string) => {
      const { status, errors } = await post(
        testService.url,
        '{ viewer { id } }',
        {},
        { authorization: `Bearer ${token}` },
      )
      return [status, errors[0]?.extensions?.['code']]
    }
    expect(await ask(await signWith(known))).toEqual([200, undefined])
    publisher.misbehave = () => {}
    const unknown = await signWith(await createKeyPair('unknown'))
    const outcomes = Promise.all([ask(unknown), RawSocket.closingOf(testService.webSocketUrl, { token: unknown })])
    expect(await ask(await signWith(known))).toEqual([200, undefined])
    expect(await outcomes).toEqual([[503, 'SERVICE_UNAVAILABLE'], { code: 1013, reason: 'Try again later' }])
    expect(publisher.fetches).toBe(2)
  })
})
