import { type Logger, pino } from 'pino'
import { expect, vi } from 'vitest'
import type { EventBus } from '../../src/events/event-bus.js'
import type { Leases } from '../../src/events/leases.js'
import { openRedisNode, type RedisNode, type RedisNodeOptions } from '../testkit/redis-nodes.js'

/** How soon a Redis that is back has to be of use. */
const BACK_WITHIN_MS = 5_000
/** How soon a node knows that Redis is gone or hangs. */
const NOTICED_WITHIN_MS = 5_000

/** A log that can be looked at. */
export function openLog(): { readonly log: Logger; messages(level?: number): string[]; reasons(): unknown[] } {
  const lines: { level: number; msg: string; reason?: unknown }[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) })
  const messages = (least = 30) => lines.filter(({ level }) => level >= least).map(({ msg }) => msg)
  return { log, messages, reasons: () => lines.map(({ reason }) => reason) }
}

/** Two nodes on one Redis; whoever opens them closes them. */
export async function openTwoNodes(
  options: RedisNodeOptions,
): Promise<[RedisNode, RedisNode] & { close(): Promise<void> }> {
  const nodes: [RedisNode, RedisNode] = [await openRedisNode(options), await openRedisNode(options)]
  return Object.assign(nodes, { close: async () => void (await Promise.all(nodes.map((node) => node.close()))) })
}

export async function untilConnected(...nodes: readonly RedisNode[]): Promise<void> {
  await vi.waitUntil(() => nodes.every(({ bus }) => bus.isConnected), { timeout: BACK_WITHIN_MS, interval: 10 })
}

export async function untilCutOff(...nodes: readonly RedisNode[]): Promise<void> {
  await vi.waitUntil(() => nodes.every(({ bus }) => !bus.isConnected), { timeout: NOTICED_WITHIN_MS, interval: 10 })
}

/** Listens to the inbox of a person, and remembers what was heard. */
export async function listenTo(bus: EventBus, userKey: string) {
  const heard: string[] = []
  const unsubscribe = await bus.subscribe('inboxChanged', userKey, ({ transactionKey }) => heard.push(transactionKey))
  return {
    heard,
    unsubscribe,
    hears: (...keys: string[]) => vi.waitFor(() => expect(heard).toEqual(keys), { timeout: BACK_WITHIN_MS }),
  }
}

export function tell(bus: EventBus, userKey: string, transactionKey: string): void {
  bus.publish('inboxChanged', userKey, { transactionKey })
}

/** Each of the two tells the other something. */
export async function expectTalk([one, other]: readonly [RedisNode, RedisNode], word: string): Promise<void> {
  const [atOne, atOther] = [await listenTo(one.bus, 'people'), await listenTo(other.bus, 'people')]
  tell(one.bus, 'people', `${word} of one`)
  await atOther.hears(`${word} of one`)
  await atOne.hears(`${word} of one`)
  tell(other.bus, 'people', `${word} of the other`)
  await atOne.hears(`${word} of one`, `${word} of the other`)
  await atOther.hears(`${word} of one`, `${word} of the other`)
  atOne.unsubscribe()
  atOther.unsubscribe()
}

/** Who is read, sorted by name. */
export async function membersOf(leases: Leases, key: string): Promise<string[]> {
  return ((await leases.read('presence', [key])).get(key) ?? []).map(({ member }) => member).toSorted()
}

export async function lossesOf({ metrics }: RedisNode): Promise<number> {
  return (await metrics.busLosses.get()).values[0]?.value ?? 0
}
