import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { uuidv7 } from 'uuidv7'
import { MessageStore } from '../src/chat/message/message-store.js'
import { SendLanes } from '../src/chat/message/send-lanes.js'
import { loadConfig } from '../src/config/config.js'
import { type Database, openDatabase } from '../src/platform/database.js'
import { startEmbeddedPostgres } from '../src/platform/embedded-postgres.js'
import { MemoryEventBus } from '../src/platform/memory-event-bus.js'
import { applyMigrations } from '../src/platform/migrations.js'
import { spreadOf, tell } from './spread.js'

// How many sends a second go into one deal, with group commit and with a commit for each send. Both are measured in each
// round, one right after the other and in turns first, so that what else the machine does meets both.

const IN_FLIGHT = 64
const ROUNDS = 7
const WARM_UP_MS = 1_000
const ROUND_MS = 2_000
const DEAL = 'deal'
const SENDER = 'sender'

let isEnding = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    isEnding = true
  })
}

const directory = await mkdtemp(join(tmpdir(), 'escrow-chat-bench-'))
try {
  // Under root, Postgres runs as another user, and has to get in.
  await chmod(directory, 0o711)
  const postgres = await startEmbeddedPostgres({ directory })
  try {
    await applyMigrations(postgres.url, fileURLToPath(new URL('../prisma/migrations', import.meta.url)))
    const { limits } = loadConfig({})
    const database = openDatabase({ url: postgres.url, poolSize: 20, limits, onConnectionLost: console.error })
    try {
      await measure(database)
    } finally {
      await database.close()
    }
  } finally {
    await postgres.close()
  }
} finally {
  await rm(directory, { recursive: true })
}

async function measure(database: Database): Promise<void> {
  await seed(database)
  const grouped = createLanes(database)
  const single = createLanes(database, 1)
  for (const lanes of [grouped, single]) await sendsPerSecond(lanes, WARM_UP_MS)

  console.log(`Sends a second into one deal, ${IN_FLIGHT} in flight, fsync on`)
  console.log('round   group commit   batches of one   ratio')
  const rounds: { grouped: number; single: number }[] = []
  for (let nth = 1; nth <= ROUNDS && !isEnding; nth += 1) {
    const rates = new Map<SendLanes, number>()
    for (const lanes of nth % 2 ? [grouped, single] : [single, grouped]) {
      rates.set(lanes, await sendsPerSecond(lanes, ROUND_MS))
    }
    const round = { grouped: rates.get(grouped) ?? 0, single: rates.get(single) ?? 0 }
    rounds.push(round)
    const columns = [
      round.grouped.toFixed().padStart(12),
      round.single.toFixed().padStart(14),
      ratioOf(round).toFixed(1),
    ]
    console.log(`${String(nth).padStart(5)}   ${columns.join('   ')}`)
  }
  if (rounds.length === 0) return
  console.log('\nMedian (least to most) of the rounds')
  console.log(`  group commit     ${tell(spreadOf(rounds.map((round) => round.grouped)))}`)
  console.log(`  batches of one   ${tell(spreadOf(rounds.map((round) => round.single)))}`)
  console.log(`  ratio            ${tell(spreadOf(rounds.map(ratioOf)), 1)}`)
}

function ratioOf({ grouped, single }: { grouped: number; single: number }): number {
  return grouped / single
}

function createLanes(database: Database, maxBatchSize?: number): SendLanes {
  const store = new MessageStore(database)
  const bus = new MemoryEventBus(console.error)
  return new SendLanes({ store, bus, log: console, maxStuckCalls: 5, ...(maxBatchSize && { maxBatchSize }) })
}

/** Keeps as many in flight as are said above, and counts those that are acknowledged. */
async function sendsPerSecond(lanes: SendLanes, forMs: number): Promise<number> {
  let count = 0
  let isOver = false
  const sendOneAfterTheOther = async () => {
    while (!isOver) {
      const sending = lanes.send({
        messageId: uuidv7(),
        transactionKey: DEAL,
        senderKey: SENDER,
        type: 'TEXT',
        content: 'Is the bicycle still there, and when could I see it?',
        replyToId: null,
        clientMessageId: uuidv7(),
      })
      // On a slow disk some wait too long for a commit of their own, and are refused.
      if (await sending.catch(() => null)) count += 1
    }
  }
  const startedAt = performance.now()
  const senders = Array.from({ length: IN_FLIGHT }, sendOneAfterTheOther)
  await sleep(forMs)
  isOver = true
  await Promise.all(senders)
  return (count * 1_000) / (performance.now() - startedAt)
}

async function seed({ prisma }: Database): Promise<void> {
  const now = new Date()
  await prisma.user.create({ data: { key: SENDER, displayName: 'Sender' } })
  await prisma.transaction.create({
    data: {
      key: DEAL,
      title: 'A deal',
      status: 'DRAFT',
      statusChangedAt: now,
      createdAt: now,
      lastActivityAt: now,
      participants: { create: { id: uuidv7(), userKey: SENDER, role: 'BUYER', joinedAt: now } },
    },
  })
}
