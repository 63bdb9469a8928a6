import { execFileSync } from 'node:child_process'
import { kill } from 'node:process'
import { expect, test, vi } from 'vitest'
import { encodeCursor } from '../../src/chat/timeline/timeline-cursor.js'
import { Burst } from '../testkit/burst.js'
import { postmasterOf } from '../testkit/postgres-files.js'
import { prepareProjectCopy } from '../testkit/project-copy.js'
import { countTo, FOLLOW_MESSAGES } from '../testkit/timeline-documents.js'
import { connect, listen } from '../testkit/websocket-client.js'
import { storedMessages } from './stored-messages.js'

const project = prepareProjectCopy()

async function isReady(url: string): Promise<boolean> {
  return (await fetch(new URL('/ready', url))).ok
}

interface Victim {
  readonly name: string
  processOf(postmaster: number): number
  /** How many sends are acknowledged before it is killed, and how many after that. */
  readonly sendCount: number
}

const VICTIMS: readonly Victim[] = [
  { name: 'the whole server', processOf: (postmaster) => postmaster, sendCount: 1_000 },
  // Postgres can't trust the memory that it shares with the others then, and begins anew by itself.
  { name: 'one connection of the server', processOf: (postmaster) => connectionOf(postmaster), sendCount: 300 },
]

test.each(VICTIMS.map((victim) => [victim.name, victim] as const))(
  'kill -9 of %s during a burst of sends: the same process serves again, and every acknowledged message is there once',
  async (_, { processOf, sendCount }) => {
    const service = project.start()
    const url = await service.url()
    const options = { url, token: service.token('Ana'), transactionId: 'txn_guitar' }
    const client = connect(url.replace('http', 'ws'), service.token('Bea'))
    const listener = listen(client, FOLLOW_MESSAGES, {
      transactionId: options.transactionId,
      after: encodeCursor('guitar', 0),
    })
    const burst = new Burst(options)
    await burst.acknowledges(sendCount)

    expect(burst.underWayCount).toBeGreaterThan(0)
    kill(processOf(postmasterOf(service.dataDirectory)), 'SIGKILL')
    await vi.waitFor(() => expect(refusals(burst).length).toBeGreaterThan(0), 10_000)
    await vi.waitUntil(() => isReady(url), { timeout: 30_000, interval: 50 })
    await burst.acknowledges(sendCount)
    await burst.stop()

    expect(new Set(refusals(burst))).toEqual(new Set(['SERVICE_UNAVAILABLE']))
    await burst.sendAllAgain(options)
    const stored = await storedMessages(url, options.token, options.transactionId)
    expect(new Map(stored.map(({ clientMessageId, id }) => [clientMessageId, id]))).toEqual(burst.acknowledged)
    expect(stored.length).toBeGreaterThanOrEqual(2 * sendCount)
    expect(stored.map(({ sequence }) => sequence)).toEqual(countTo(burst.fates.size))
    // Nothing but messages came to the deal meanwhile.
    const [first] = stored
    expect(stored.map(({ version }) => version)).toEqual(
      countTo(stored.length).map((nth) => nth - 1 + (first?.version ?? 0)),
    )

    // The socket of the subscriber was open all the time.
    const heard = (await listener.take(stored.length)).map(({ messageAdded }) => messageAdded.node.sequence)
    expect(heard).toEqual(countTo(stored.length))
    await client.dispose()
  },
  90_000,
)

/** The process that serves one of the service's connections. */
function connectionOf(postmaster: number): number {
  const all = execFileSync('ps', ['-ewwo', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n')
  const ours = all
    .map((line) => line.trim().split(/ +/))
    .find(([, parent, ...args]) => {
      return Number(parent) === postmaster && args.join(' ').includes('postgres escrow_chat')
    })
  if (!ours) throw new Error('Postgres serves no connection')
  return Number(ours[0])
}

/** How sends were refused, each by its code; or that there was no answer at all. */
function refusals(burst: Burst): string[] {
  return [...burst.fates.values()].flatMap((fate) => {
    if (fate === 'NO ANSWER') return fate
    return 'code' in fate ? fate.code : []
  })
}
