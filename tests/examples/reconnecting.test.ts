import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { type ReconnectingOptions, reconnectingClient } from '../../examples/resume/reconnecting.js'

/** The classes of `ws`, and of browsers and Node from 22 on. */
const IMPLEMENTATIONS = { ws: WebSocket, 'globalThis.WebSocket': Reflect.get(globalThis, 'WebSocket') }

/** Every attempt to open one, which goes as the test says. */
const attempts: FakeSocket[] = []
class FakeSocket {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSING = 2
  static readonly CLOSED = 3
  onerror = (_event: unknown) => {}
  onclose = (_event: unknown) => {}
  constructor() {
    attempts.push(this)
  }
  addEventListener() {}
  close() {}
}

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** A client that subscribes; it is disposed of with the test. */
function subscribing(options: ReconnectingOptions) {
  const client = reconnectingClient(options)
  const error = vi.fn()
  onTestFinished(client.subscribe({ query: 'subscription { messageAdded }' }, { next() {}, error, complete() {} }))
  return error
}

test('a connection that is refused is tried again, after pauses of up to half a minute', async () => {
  vi.useFakeTimers()
  vi.spyOn(Math, 'random').mockReturnValue(1)
  const error = subscribing({ url: 'ws://refused', webSocketImpl: FakeSocket, token: () => 'the token' })
  await vi.advanceTimersByTimeAsync(0)
  const pauses: number[] = []
  while (pauses.length < 8) {
    const before = Date.now()
    const count = attempts.length
    attempts.at(-1)?.onerror({ type: 'error', message: 'connect ECONNREFUSED' })
    attempts.at(-1)?.onclose({ code: 1006, reason: '' })
    while (attempts.length === count) await vi.advanceTimersByTimeAsync(500)
    pauses.push(Date.now() - before)
  }
  expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
  expect(error).not.toHaveBeenCalled()
})

test.each(Object.entries(IMPLEMENTATIONS).filter(([, implementation]) => implementation))(
  '%s: an attempt to connect that nobody answers is given up, and made again',
  async (_, webSocketImpl) => {
    const server = createServer((socket) => void socket.on('error', () => {}).resume())
    server.listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
    const error = subscribing({ url, webSocketImpl, token: () => 'the token', patienceMs: 50 })
    await once(server, 'connection')
    await once(server, 'connection')
    expect(error).not.toHaveBeenCalled()
  },
)
