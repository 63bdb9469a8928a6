import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { describeRedisAddress, type RedisAddress } from '../config/redis-address.js'
import type { Metrics } from '../metrics.js'
import { StartupError } from '../startup-error.js'
import { explainRedisError, NO_ANSWER } from './redis-errors.js'
import { RedisLink } from './redis-link.js'

const LOOK_AGAIN_MS = 50
const LONGEST_DELAY_MS = 1_000
/** Who has said nothing for so long is said to be silent. */
const SILENT_AFTER_MS = 1_000

export interface RedisOptions {
  readonly address: RedisAddress
  readonly keyPrefix: string
  readonly connectTimeoutMs: number
  readonly log: Logger
  readonly metrics: Pick<Metrics, 'busLosses'>
  /** Told what is in the way, whenever that changes. */
  readonly onStep: (note: string) => void
  /** Ends the trying; left out: only time does. */
  readonly stopping?: AbortSignal | undefined
}

/**
 * Connects to Redis, and tries for up to `connectTimeoutMs`, pausing for up to a second in between. Resolves once
 * keys can be written and messages go through.
 *
 * @throws {StartupError} when that can't be had; then nothing is left running.
 */
export async function connectToRedis(options: RedisOptions): Promise<RedisLink> {
  const { address, connectTimeoutMs, log, onStep, stopping } = options
  const where = describeRedisAddress(address)
  const link = new RedisLink(options)
  const silentFrom = Date.now() + SILENT_AFTER_MS
  const endsAt = Date.now() + connectTimeoutMs
  const noAnswer = address.usesTls ? `${NO_ANSWER} in TLS; if it speaks none, write redis, not rediss` : NO_ANSWER
  const silence = () => {
    const reason = link.reason ?? (Date.now() > silentFrom ? NO_ANSWER : null)
    return reason === NO_ANSWER ? noAnswer : reason
  }
  const told = new Set<string>()
  for (let delay = LOOK_AGAIN_MS; ; ) {
    await sleep(Math.min(delay, endsAt - Date.now()))
    const { isConnected } = link
    // Connecting has its own pauses; asking again what was refused needs them too.
    delay = link.canBeAsked ? Math.min(delay * 2, LONGEST_DELAY_MS) : LOOK_AGAIN_MS
    const reason = (link.canBeAsked ? await refusal(link) : null) ?? (isConnected ? null : silence())
    if (isConnected && reason === null) {
      link.putToUse()
      return link
    }
    if (stopping?.aborted) {
      await link.close()
      throw new StartupError(`The start was stopped before ${where} could be used.`)
    }
    if (Date.now() >= endsAt) {
      await link.close()
      throw new StartupError(
        `${capitalised(where)} can't be used: ${reason ?? noAnswer}. Correct REDIS_URL, or see to it that it can be used.`,
      )
    }
    if (reason !== null && !told.has(reason)) {
      told.add(reason)
      onStep(reason)
      log.warn({ reason, forMs: connectTimeoutMs }, `${capitalised(where)} can't be used yet; trying again`)
    }
  }
}

/** Why it isn't the Redis that it was taken for; null when it is. */
async function refusal(link: RedisLink): Promise<string | null> {
  try {
    const mode = await link.mode()
    if (mode === 'sentinel') return explainRedisError(new Error('Sentinel instances'))
    // One server of a Cluster takes some of the keys, and would refuse the others.
    if (mode === 'cluster' && !link.isCluster) return explainRedisError(new Error('part of a Cluster'))
    await link.requireDatabase()
    return null
  } catch (error) {
    return explainRedisError(error)
  }
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
