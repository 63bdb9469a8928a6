import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { RATE_LIMIT_NAMES } from './rate-limits.js'

/** Why a subscription reads what it has to deliver from the database. */
export type CatchUpReason = 'after' | 'overflow' | 'changed' | 'behind'

/** What can be refused because there was too much of it. */
export const REFUSED_LIMITS = [...RATE_LIMIT_NAMES, 'sockets', 'subscriptions', 'frames'] as const

export type RefusedLimit = (typeof REFUSED_LIMITS)[number]

/** What operators can see of a service. Made once for each service; nothing is counted in module scope. */
export interface Metrics {
  /** Events that went to subscribers, by the field of the subscription. */
  readonly deliveries: Counter<'field'>
  /** Subscriptions that went back to reading, by why. */
  readonly catchUps: Counter<'reason'>
  /** Queues of slow subscribers that overflowed. */
  readonly queueOverflows: Counter
  /** Tokens that were refused, and requests and sockets that showed none, by why. */
  readonly refusedTokens: Counter<'reason'>
  /** Messages on the bus that could not be understood. */
  readonly busGarbage: Counter
  /** Times that the connection to the bus was lost. */
  readonly busLosses: Counter
  /** Counts what was refused because there was too much of it. */
  countRateLimited(limit: RefusedLimit): void
  /** Shows whether the bus is connected, asking it whenever somebody looks. */
  watchBus(bus: { readonly isConnected: boolean }): void
  /** The content type and the text that Prometheus reads. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const rateLimited = new Counter({
    name: 'escrow_chat_rate_limited_total',
    help: `What was refused because there was too much of it, by the limit: ${REFUSED_LIMITS.join(', ')}.`,
    labelNames: ['limit'],
    registers,
  })
  return {
    deliveries: new Counter({
      name: 'escrow_chat_deliveries_total',
      help: 'Events delivered to subscribers, by subscription field.',
      labelNames: ['field'],
      registers,
    }),
    catchUps: new Counter({
      name: 'escrow_chat_catch_ups_total',
      help: 'Subscriptions that read from the database: they began with a cursor (after), their queue overflowed (overflow), something that waited for them was changed (changed), or they were behind what the node had passed on (behind).',
      labelNames: ['reason'],
      registers,
    }),
    queueOverflows: new Counter({
      name: 'escrow_chat_queue_overflows_total',
      help: 'Queues of slow subscribers that overflowed and were emptied.',
      registers,
    }),
    refusedTokens: new Counter({
      name: 'escrow_chat_refused_tokens_total',
      help: 'Requests and sockets whose token was refused: there was none (missing), it is no JWT as it should be (malformed), its signature or key is not good (signature), it has expired (expired), its claims are others (claims), or it stands for nobody active (viewer).',
      labelNames: ['reason'],
      registers,
    }),
    busGarbage: new Counter({
      name: 'escrow_chat_bus_garbage_total',
      help: 'Messages on the bus that were not understood, and ignored.',
      registers,
    }),
    busLosses: new Counter({
      name: 'escrow_chat_bus_losses_total',
      help: 'Times that the connection to Redis was lost.',
      registers,
    }),
    countRateLimited: (limit) => rateLimited.inc({ limit }),
    watchBus(bus) {
      new Gauge({
        name: 'escrow_chat_bus_connected',
        help: 'Whether this node is connected to the others: 1 or 0. Always 1 without Redis.',
        registers,
        collect() {
          this.set(bus.isConnected ? 1 : 0)
        },
      })
    },
    async render() {
      return { contentType: registry.contentType, text: await registry.metrics() }
    },
  }
}
