import { once } from 'node:events'
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createLogger } from '../../src/log.js'
import { RawSocket } from '../testkit/raw-socket.js'
import type { Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'

const logged: string[] = []
const log = createLogger({ logLevel: 'trace', logFormat: 'json' }, { write: (line) => void logged.push(line) })

let testService: TestService
let bea: Person

beforeAll(async () => {
  testService = await startTestService({ REQUEST_TIMEOUT_MS: '3000', WRITE_STALL_TIMEOUT_MS: '500' }, log)
  bea = await testService.seed.person('bea')
})
afterAll(() => testService.close())

/** A client that is slow, or goes away, is no fault of ours. */
function expectNoComplaints(): void {
  expect(logged.filter((line) => /"level":[456]0/.test(line))).toEqual([])
}

function open(): Socket {
  const { port, hostname } = new URL(testService.url)
  return connect(Number(port), hostname)
}

const head = (length: string) =>
  `POST /graphql HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${bea.token}\r\nContent-Type: application/json\r\n${length}\r\n\r\n`

/** Sends a beginning, and then this again and again, for as long as it is let; the answer is all that came. */
async function trickle(beginning: string, drop: string): Promise<string> {
  const socket = open()
  socket.on('error', () => {})
  if (beginning !== '') socket.write(beginning)
  const timer = setInterval(() => drop !== '' && socket.writable && socket.write(drop), 20)
  socket.once('close', () => clearInterval(timer))
  let answer = ''
  socket.setEncoding('utf8').on('data', (part) => {
    answer += part
  })
  await new Promise<void>((resolve) => socket.once('close', () => resolve()))
  return answer
}

describe('a client is told so, and cut off, that', () => {
  test.concurrent.each<[string, () => string, string]>([
    ['never says a word', () => '', ''],
    ['never ends its head', () => 'GET /graphql HTTP/1.1\r\nHost: localhost\r\nX-Slow: ', 'x'],
    ['sends one header after the other', () => 'GET /graphql HTTP/1.1\r\nHost: localhost\r\n', 'X-Slow: x\r\n'],
    ['sends its body in drops', () => head('Content-Length: 100000'), ' '],
    ['sends its body in small chunks', () => head('Transfer-Encoding: chunked'), '1\r\n \r\n'],
    ['sends nothing of its body', () => head('Content-Length: 10'), ''],
  ])('%s', async (_, beginning, drop) => {
    const [answer, others] = await Promise.all([
      trickle(beginning(), drop),
      Promise.all(Array.from({ length: 5 }, () => bea.ask('{ viewer { id } }', {}))),
    ])
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/)
    expect(answer).toMatch(/\r\nx-content-type-options: nosniff\r\n/)
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toEqual({
      errors: [
        {
          message: 'The request took too long to arrive: send head and body faster.',
          extensions: { code: 'BAD_USER_INPUT' },
        },
      ],
    })
    expect(others.map(({ errors }) => errors)).toEqual(Array(5).fill([]))
    expectNoComplaints()
  })
})

test('a body that nobody waits for is not read for long', async () => {
  const answer = await trickle(
    'POST /nowhere HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n',
    '1\r\n \r\n',
  )
  expect(answer).toMatch(/^HTTP\/1\.1 404 /)
  expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1)
})

test('a client that goes away in the middle of its body harms nobody', async () => {
  const socket = open()
  await new Promise<void>((resolve) => socket.write(`${head('Content-Length: 100')}{`, () => resolve()))
  socket.resetAndDestroy()
  expect(await bea.ask('{ viewer { id } }', {})).toMatchObject({ status: 200, errors: [] })
  expectNoComplaints()
})

test('a body that takes longer to arrive than an operation may take is answered', async () => {
  const hasty = await startTestService({ EXECUTION_TIMEOUT_MS: '1000' })
  onTestFinished(() => hasty.close())
  const { token } = await hasty.seed.person('bea')
  // More than one statement: time that is up is noticed while they are waited for.
  const body = '{"query":"{ viewer { unreadCount } transactions { nodes { participants { id } } } }"}'
  const socket = connect(hasty.service.address.port, '127.0.0.1')
  const lines = ['POST /graphql HTTP/1.1', 'Host: localhost', `Authorization: Bearer ${token}`, 'Connection: close']
  socket.write([...lines, 'Content-Type: application/json', `Content-Length: ${body.length}`, '', '{'].join('\r\n'))
  // How long it takes is what this is about.
  await delay(1_200)
  socket.write(body.slice(1))
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 .*\{"data":\{"viewer":\{"unreadCount":0\}/s)
})

test('a refusal is not mistaken for the answer to what was asked before it', async () => {
  const socket = open()
  const body = '{"query":"{ viewer { id } }"}'
  socket.write(`${head(`Content-Length: ${body.length}`)}${body}no HTTP\r\n\r\n`)
  // The answer that is due, or none at all where the connection was cut off before.
  expect(await text(socket).catch(() => '')).toMatch(/^(?:$|HTTP\/1\.1 200 )/)
})

test('a client that reads nothing of its answers is cut off', async () => {
  const page = 'GET /graphql HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n'
  const socket = open()
  const closed = new Promise<void>((resolve) => socket.on('error', () => {}).once('close', () => resolve()))
  socket.pause()
  // 9 MB each: more than the systems on the way hold.
  socket.write(page.repeat(4))
  // Who doesn't read learns of the end only by writing. Empty lines before a request mean nothing.
  const timer = setInterval(() => socket.write('\r\n'), 20)
  await closed
  clearInterval(timer)
})

test('connections that rest between requests, and sockets, are kept for longer', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const get = async () => {
    const request = httpRequest(new URL('/health', testService.url), { agent }).end()
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    await text(response)
    return request.reusedSocket
  }
  const socket = await RawSocket.connect(testService.webSocketUrl, bea.token)
  expect(await get()).toBe(false)
  await trickle('GET /', 'x')
  expect(await get()).toBe(true)
  expect(await socket.untilPong()).toEqual([])
  agent.destroy()
  await socket.close()
})
