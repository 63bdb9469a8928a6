import { once } from 'node:events'
import { appendFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { encodeCursor } from '../../src/chat/timeline/timeline-cursor.js'
import { temporaryDirectory } from '../testkit/directory.js'
import { fillDeal } from '../testkit/long-deal.js'
import { type MirroredPartner, MirrorFixture, type MirrorProcess } from './mirror-fixture.js'

// Each starts programs, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 60_000 })
const fixture = new MirrorFixture()

test('killed again and again, while others write: every entry is there once and in order', async () => {
  const { testService, bea, sam } = fixture
  const partner = await fixture.newPartner()
  for (let nth = 0; nth < 4; nth += 1) {
    const deal = await partner.newDeal()
    await fillDeal(testService.database.url, deal, [bea, sam], { count: 600, content: 'Line by line '.repeat(20) })
  }
  const size = () =>
    readdirSync(partner.folder).reduce((sum, name) => sum + statSync(join(partner.folder, name)).size, 0)
  // All together it writes more than 1,200,000.
  for (const bytes of [1, 100_000, 300_000]) {
    const before = size()
    const mirror = partner.start(['--once'])
    await vi.waitUntil(() => size() >= before + bytes || mirror.output !== '', { timeout: 60_000, interval: 1 })
    mirror.signal('SIGKILL')
    await mirror.ended
    expect(mirror.output).toBe('')
    for (const deal of partner.deals) await bea.say(deal, 'Meanwhile')
  }
  await partner.start(['--once']).succeeds()
  await partner.expectComplete()
})

test('a line that was half written is written anew', async () => {
  const { bea } = fixture
  const partner = await fixture.newPartner()
  const deal = await partner.newDeal()
  await bea.say(deal, 'First')
  await partner.start(['--once']).succeeds()
  const path = join(partner.folder, `${deal.id}.jsonl`)
  const whole = readFileSync(path, 'utf8')
  await bea.say(deal, 'Second')
  appendFileSync(path, '{"cursor":"NS5kZ')
  await partner.start(['--once']).succeeds()
  await partner.expectComplete()
  expect(readFileSync(path, 'utf8').startsWith(whole)).toBe(true)
})

test('two mirrors never write into one folder, and one that was killed stands in nobody’s way', async () => {
  const partner = await fixture.newPartner()
  await partner.newDeal()
  const first = partner.start()
  await first.untilPrinted('Complete')
  const second = partner.start()
  expect(await second.ended).toBe(1)
  expect(second.output).toMatch(/^Another mirror writes into .* \(pid \d+\)/)
  first.signal('SIGKILL')
  await first.ended
  await partner.start(['--once']).succeeds()
})

test('a timeline that is shorter than it was is read anew, and the old file is kept', async () => {
  const { bea } = fixture
  const partner = await fixture.newPartner()
  const deal = await partner.newDeal()
  await bea.say(deal, 'Restored')
  await partner.start(['--once']).succeeds()
  const path = join(partner.folder, `${deal.id}.jsonl`)
  appendFileSync(path, `${JSON.stringify({ cursor: encodeCursor(deal.key, 5), node: { position: 5 } })}\n`)
  const before = readFileSync(path, 'utf8')
  const mirror = partner.start(['--once'])
  await mirror.succeeds()
  await partner.expectComplete()
  expect(mirror.output).toContain(`${deal.id} is shorter than it was`)
  const aside = readdirSync(partner.folder).filter((name) => name.startsWith(`${deal.id}.jsonl.`))
  expect(aside).toHaveLength(1)
  expect(readFileSync(join(partner.folder, aside[0] ?? ''), 'utf8')).toBe(before)
})

/** What stands in front of the service says instead of it, or does. */
type Fault = (response: ServerResponse) => void

const refusing =
  (code: string, status: number, details = {}): Fault =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify({ errors: [{ message: `As the test wants it: ${code}`, extensions: { code, ...details } }] }),
    )
  }

/** A front that answers each of the first requests with a fault, and hands the others on. */
async function startFront(partner: MirroredPartner, faults: readonly Fault[]) {
  const left = [...faults]
  const arrivals: number[] = []
  const answer = (incoming: IncomingMessage, response: ServerResponse) => {
    arrivals.push(performance.now())
    const fault = left.shift()
    if (fault) return void incoming.resume().on('end', () => fault(response))
    const { method, headers } = incoming
    const onward = request(fixture.testService.url, { method: method ?? 'POST', headers }, (answered) => {
      response.writeHead(answered.statusCode ?? 500, answered.headers)
      answered.pipe(response)
    })
    return void incoming.pipe(onward)
  }
  const server = createServer(answer).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`
  const mirror: MirrorProcess = partner.start(['--once'], { ESCROW_CHAT_URL: url })
  return { mirror, arrivals }
}

test('who is told to wait waits as long as that, and goes on', async () => {
  const partner = await fixture.newPartner()
  await fixture.bea.say(await partner.newDeal(), 'Hello')
  const limited = refusing('RATE_LIMITED', 429, { retryAfterMs: 1_200 })
  const { mirror, arrivals } = await startFront(partner, [limited, limited])
  await mirror.succeeds()
  await partner.expectComplete()
  const [first = 0, second = 0, third = 0] = arrivals
  // A timer may fire a little early, by its own clock.
  expect(Math.min(second - first, third - second)).toBeGreaterThan(1_190)
  expect(mirror.output).toContain('As the test wants it: RATE_LIMITED; waiting for 2 s')
})

test.each<[string, Fault]>([
  ['says that it can’t at the moment', refusing('SERVICE_UNAVAILABLE', 503)],
  ['has a fault', refusing('INTERNAL_SERVER_ERROR', 500)],
  ['answers with a page of a proxy', (response) => void response.writeHead(502).end('<html>Bad gateway</html>')],
  ['hangs up', (response) => void response.destroy()],
])('a service that %s is asked again', async (_, fault) => {
  const partner = await fixture.newPartner()
  await fixture.bea.say(await partner.newDeal(), 'Hello')
  const { mirror, arrivals } = await startFront(partner, [fault, fault])
  await mirror.succeeds()
  await partner.expectComplete()
  expect(arrivals.length).toBeGreaterThan(3)
})

test('a service that isn’t there yet is waited for', async () => {
  const partner = await fixture.newPartner()
  await partner.newDeal()
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  const mirror = partner.start(['--once'], { ESCROW_CHAT_URL: `http://127.0.0.1:${port}/graphql` })
  await mirror.untilPrinted('ECONNREFUSED')
})

/** A command that prints one token after the other, and the last one from then on; and how often it was asked. */
function tokenCommand(tokens: readonly string[]) {
  const directory = temporaryDirectory()
  for (const [index, token] of tokens.entries()) writeFileSync(join(directory, `${index + 1}`), token)
  const asked = join(directory, 'asked')
  const count = () => (existsSync(asked) ? readFileSync(asked, 'utf8').length : 0)
  const command = `cd '${directory}'; printf x >>asked; n=$(wc -c <asked); [ -e $((n)) ] || n=${tokens.length}; cat $((n))`
  return { env: { ESCROW_CHAT_TOKEN_COMMAND: command }, count }
}

test('a token that has expired is replaced by a fresh one', async () => {
  const partner = await fixture.newPartner()
  await partner.newDeal()
  const { seed } = fixture.testService
  const stale = await seed.token({ clientId: partner.clientId, scopes: ['history:read'], lifetimeSeconds: -60 })
  const { env, count } = tokenCommand([stale, partner.caller.token])
  await partner.start(['--once'], env).succeeds()
  await partner.expectComplete()
  expect(count()).toBe(2)
})

test('a socket whose token expires is opened again with a fresh one, and live entries go on', async () => {
  const { bea, testService } = fixture
  const partner = await fixture.newPartner()
  const deal = await partner.newDeal()
  const { id } = await bea.say(deal, 'Before')
  const brief = { clientId: partner.clientId, scopes: ['history:read'], lifetimeSeconds: 3 }
  const { env, count } = tokenCommand([await testService.seed.token(brief), partner.caller.token])
  const mirror = partner.start(['--every', '3600'], env)
  await mirror.untilPrinted('Complete')
  await vi.waitFor(() => expect(count()).toBe(2), 20_000)
  await testService.service.services.message.edit(bea.viewer, id, 'After')
  await partner.isComplete()
})

test('a token that is refused, and no other to be had, ends it, and says why', async () => {
  const partner = await fixture.newPartner()
  const mirror = partner.start([], { ESCROW_CHAT_TOKEN: 'none' })
  expect(await mirror.ended).toBe(1)
  expect(mirror.output).toMatch(/^The service refuses: .*\(UNAUTHENTICATED\)\n$/)
})

test.each([
  ['without a token', [], { ESCROW_CHAT_TOKEN: '' }, /^Set ESCROW_CHAT_TOKEN to a token/],
  ['with an option that there isn’t', ['--two'], {}, /^Unknown option '--two'/],
  [
    'with a time that is none',
    ['--every', 'often'],
    {},
    /^--every takes a number of seconds: 60 for example, and not often\n$/,
  ],
])('%s it ends, and says what is wrong', async (_, args, env, message) => {
  const mirror = (await fixture.newPartner()).start(args, env)
  expect(await mirror.ended).toBe(1)
  expect(mirror.output).toMatch(message)
})
