import type { World } from './world.js'

/** What was measured in a round, times in milliseconds. */
export interface Measures {
  readonly acknowledgedCount: number
  /** How often a try ended in each other way. */
  readonly refusals: Readonly<Record<string, number>>
  /** The longest time in which nobody was told that a message is stored, and in which some subscriber got nothing. */
  readonly longestGapMs: { readonly acknowledgements: number; readonly deliveries: number }
  readonly slowestAnswerMs: number
  /** See `recoveryOf`. */
  readonly recoveryMs: number | null
}

/** @param since when the round began. */
export function measure(world: World, since: number, endedAt: number): Measures {
  const sent = world.senders.flatMap((sender) => sender.sent.filter(({ acknowledgedAt }) => acknowledgedAt >= since))
  const tries = world.senders.flatMap((sender) => sender.tries.filter(({ at }) => at >= since))
  const refusals: Record<string, number> = {}
  for (const { outcome } of tries) {
    if (outcome.kind === 'ACKNOWLEDGED') continue
    const name = outcome.kind === 'REFUSED' ? outcome.code : outcome.kind
    refusals[name] = (refusals[name] ?? 0) + 1
  }
  const heard = world.subscribers.map(({ deliveries }) => deliveries.map(({ at }) => at).filter((at) => at >= since))
  return {
    acknowledgedCount: sent.length,
    refusals,
    longestGapMs: {
      acknowledgements: longestGap(sent.map(({ acknowledgedAt }) => acknowledgedAt)),
      deliveries: Math.max(...heard.map(longestGap)),
    },
    slowestAnswerMs: Math.max(0, ...tries.map(({ tookMs }) => tookMs)),
    recoveryMs: recoveryOf(world, endedAt),
  }
}

/**
 * From the end of the fault until each sender and each subscriber was served again; null when some were not. Only what
 * was begun after the fault counts: it shows that the whole way is open again.
 */
export function recoveryOf({ senders, subscribers }: World, endedAt: number): number | null {
  const begun = senders.map(({ options, sent }) => {
    const acknowledged = tailOf(sent, ({ begunAt }) => begunAt >= endedAt).filter((message) => message.acknowledged)
    return { dealKey: options.dealKey, acknowledged }
  })
  const backAt = [
    ...begun.map(({ acknowledged }) => least(acknowledged.map(({ acknowledgedAt }) => acknowledgedAt))),
    ...subscribers.map(({ options, deliveries }) => {
      const mine = begun.flatMap(({ dealKey, acknowledged }) => (dealKey === options.dealKey ? acknowledged : []))
      const first = least(mine.flatMap(({ acknowledged }) => acknowledged?.sequence ?? []))
      const since = tailOf(deliveries, ({ at }) => at >= endedAt)
      return least(since.flatMap(({ sequence, at }) => (sequence >= first ? at : [])))
    }),
  ]
  const last = Math.max(...backAt)
  return Number.isFinite(last) ? last - endedAt : null
}

/** The last items, as many as belong. */
function tailOf<Item>(items: readonly Item[], belongs: (item: Item) => boolean): Item[] {
  return items.slice(items.findLastIndex((item) => !belongs(item)) + 1)
}

/** Infinity when there is none. */
function least(numbers: readonly number[]): number {
  return Math.min(...numbers)
}

function longestGap(instants: readonly number[]): number {
  const sorted = instants.toSorted((one, other) => one - other)
  return Math.max(0, ...sorted.map((at, index) => at - (sorted[index - 1] ?? at)))
}
