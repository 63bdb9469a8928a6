import type { RedisServer } from '../testkit/redis-server.js'
import { query } from '../testkit/sql.js'
import type { World } from './world.js'

/** What shows as 0.00 is left out. */
const SMALLEST_SHOWN = 0.005

type Counts = ReadonlyMap<string, number>

/** Statements of Postgres and commands of Redis, each by what it is, since the servers began to count. */
export interface Snapshot {
  readonly statements: Counts
  readonly commands: Counts
  readonly at: number
}

/** Makes the counts of statements readable. In a schema of its own: the service has nothing to do with it. */
export async function countStatements({ postgres }: World): Promise<void> {
  await query(postgres.url, 'CREATE SCHEMA counted; CREATE EXTENSION pg_stat_statements SCHEMA counted')
}

export async function takeSnapshot({ postgres, redis }: World): Promise<Snapshot> {
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

/** What a message cost, from what was counted in a while without messages and in one with them, as a table in Markdown. */
export function tellCosts(
  { start, idle, busy }: Readonly<Record<'start' | 'idle' | 'busy', Snapshot>>,
  { messages, who }: { readonly messages: number; readonly who: string },
): string {
  const idleSeconds = (idle.at - start.at) / 1000
  const busySeconds = (busy.at - idle.at) / 1000
  const rowsOf = (what: 'statements' | 'commands', title: string) => {
    const costs = [...busy[what].keys()].map((name) => {
      const count = (from: Snapshot, to: Snapshot) => (to[what].get(name) ?? 0) - (from[what].get(name) ?? 0)
      const aSecond = count(start, idle) / idleSeconds
      return { name: shorten(name), aMessage: (count(idle, busy) - aSecond * busySeconds) / messages, aSecond }
    })
    const sum = (which: 'aMessage' | 'aSecond') => costs.reduce((total, cost) => total + cost[which], 0)
    const all = { name: title, aMessage: sum('aMessage'), aSecond: sum('aSecond') }
    const shown = costs.filter(({ aMessage, aSecond }) => Math.max(aMessage, aSecond) >= SMALLEST_SHOWN)
    return [all, ...shown].map((cost) => `| ${cost.name} | ${shownAs(cost.aMessage)} | ${shownAs(cost.aSecond)} |`)
  }
  return [
    `Of ${messages} messages, one after the other, with 2 nodes and ${who}:`,
    '',
    '| what | a message | a second without messages |',
    '| --- | --: | --: |',
    ...rowsOf('statements', 'Postgres statements'),
    ...rowsOf('commands', 'Redis commands'),
  ].join('\n')
}

/** What happens all the time is not to the dot the same in every while. */
function shownAs(count: number): string {
  return count.toFixed(2).replace(/^-0\.00$/, '0.00')
}

function shorten(name: string): string {
  const text = name.replace(/\s+/g, ' ').replaceAll('|', '\\|')
  return `– \`${text.length > 60 ? `${text.slice(0, 60)}…` : text}\``
}
