import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisServer } from '../testkit/redis-server.js'
import { query } from '../testkit/sql.js'
import type { DealKey, PersonKey } from './cast.js'
import { Subscriber } from './subscriber.js'
import type { World } from './world.js'

const SUBSCRIBERS = 10
const MESSAGES = 300
/** A round trip takes longer; so nothing is committed together with something else. */
const PER_SECOND = 15
const PATIENCE_MS = 60_000
const IDLE_MS = 20_000
/** Until what was begun by the last fault has come to an end. */
const SETTLE_MS = 3_000

type Counts = ReadonlyMap<string, number>

/** Statements of Postgres and commands of Redis, each by what it is, since the servers began to count. */
interface Snapshot {
  readonly statements: Counts
  readonly commands: Counts
  readonly at: number
}

/**
 * Counts what a message costs with two nodes and ten subscribers when nothing is the matter: one sender says one message
 * after the other. What is asked all the time, messages or not, is counted first, and told apart.
 */
export async function countCosts(world: World): Promise<string> {
  const sender = world.senders[0]
  if (sender === undefined) throw new Error('There is nobody to send')
  const more = await moreSubscribers(world, sender.options.dealKey as DealKey)
  try {
    const listening = world.subscribers.filter(({ options }) => options.dealKey === sender.options.dealKey)
    const newest = Math.max(...listening.map(({ deliveries }) => deliveries.length))
    await world.changes.until(() => more.every(({ deliveries }) => deliveries.length === newest), PATIENCE_MS)
    await query(world.postgres.url, 'CREATE SCHEMA counted; CREATE EXTENSION pg_stat_statements SCHEMA counted')
    await sleep(SETTLE_MS)
    const start = await snapshot(world)
    await sleep(IDLE_MS)
    const idle = await snapshot(world)
    const heard = more.map(({ deliveries }) => deliveries.length)
    const target = sender.acknowledgedCount + MESSAGES
    sender.perSecond = PER_SECOND
    sender.start()
    await world.changes.until(() => sender.acknowledgedCount >= target, PATIENCE_MS)
    await sender.stop(PATIENCE_MS)
    const said = sender.acknowledgedCount - target + MESSAGES
    await world.changes.until(
      () => more.every((one, index) => one.deliveries.length - (heard[index] ?? 0) >= said),
      10_000,
    )
    const busy = await snapshot(world)
    return describe([start, idle, busy], said)
  } finally {
    await Promise.all(more.map((subscriber) => subscriber.close()))
  }
}

/** Ten in all in the deal, half of them on each node. */
async function moreSubscribers(world: World, deal: DealKey): Promise<Subscriber[]> {
  const present = world.subscribers.filter(({ options }) => options.dealKey === deal)
  for (const subscriber of world.subscribers) subscriber.goHome()
  const people: readonly PersonKey[] = ['vera', 'vito', 'vic', 'val', 'van', 'veit', 'vio']
  const [one, other] = world.fronts
  const atOther = present.filter(({ options }) => options.fronts[0] === other).length
  return people.slice(0, SUBSCRIBERS - present.length).map((person, index) => {
    const fronts = index < SUBSCRIBERS / 2 - atOther ? ([other, one] as const) : ([one, other] as const)
    const template = present[0]?.options
    if (template === undefined) throw new Error('There are no subscribers')
    const subscriber = new Subscriber({ ...template, name: person, token: world.cast.tokens[person], fronts })
    subscriber.onDelivered = world.changes.tell
    return subscriber
  })
}

async function snapshot({ postgres, redis }: World): Promise<Snapshot> {
  const rows = await query<{ statement: string; calls: string }>(
    postgres.url,
    `SELECT query AS statement, sum(calls) AS calls FROM counted.pg_stat_statements GROUP BY query`,
  )
  const own = (statement: string) => statement.includes('pg_stat_statements')
  const statements = rows
    .filter(({ statement }) => !own(statement))
    .map((row) => [row.statement, Number(row.calls)] as const)
  return { statements: new Map(statements), commands: redis ? await commandCounts(redis) : new Map(), at: Date.now() }
}

/** How often each command has been called, without those by which this is asked. */
async function commandCounts(redis: RedisServer): Promise<Counts> {
  const statistics = await redis.ask((connection) => connection.info('commandstats'))
  const counts = [...statistics.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)]
  const all = counts.map(([, command = '', calls]) => [command, Number(calls)] as const)
  return new Map(all.filter(([command]) => !['hello', 'info'].includes(command)))
}

function describe([start, idle, busy]: readonly [Snapshot, Snapshot, Snapshot], messages: number): string {
  const idleSeconds = (idle.at - start.at) / 1000
  const busySeconds = (busy.at - idle.at) / 1000
  const lines = (['statements', 'commands'] as const).flatMap((what) => {
    const rates = differences(start[what], idle[what]).map(([name, count]) => [name, count / idleSeconds] as const)
    const rateOf = new Map(rates)
    const perMessage = differences(idle[what], busy[what]).map(
      ([name, count]) => [name, (count - (rateOf.get(name) ?? 0) * busySeconds) / messages] as const,
    )
    const server = what === 'statements' ? 'Postgres statements' : 'Redis commands'
    return [
      `| ${server} | ${total(perMessage)} | ${total(rates)} |`,
      ...[...new Set([...perMessage, ...rates].map(([name]) => name))].map((name) => {
        const cost = new Map(perMessage).get(name) ?? 0
        return `| ${shorten(name)} | ${cost.toFixed(2)} | ${(rateOf.get(name) ?? 0).toFixed(2)} |`
      }),
    ]
  })
  return [
    `Of ${messages} messages, one after the other, with 2 nodes and ${SUBSCRIBERS} subscribers of the deal:`,
    '',
    '| what | a message | a second without messages |',
    '| --- | --: | --: |',
    ...lines,
  ].join('\n')
}

function differences(before: Counts, after: Counts): (readonly [string, number])[] {
  const counts = [...after].map(([name, count]) => [name, count - (before.get(name) ?? 0)] as const)
  return counts.filter(([, count]) => count > 0)
}

function total(counts: readonly (readonly [string, number])[]): string {
  return counts.reduce((sum, [, count]) => sum + count, 0).toFixed(2)
}

function shorten(name: string): string {
  const text = name.replace(/\s+/g, ' ').replaceAll('|', '\\|')
  return `– \`${text.length > 60 ? `${text.slice(0, 60)}…` : text}\``
}
