import { setTimeout as sleep } from 'node:timers/promises'
import type { World } from './world.js'

/** Ends a fault: everything is as it was before. The answer is what went wrong about the fault itself, in words. */
type EndFault = () => Promise<readonly string[]>

/** Something that happens to the service while people talk. */
export interface Fault {
  readonly name: string
  /** How long it lasts. */
  readonly lastsMs: number
  /** Within this time after its end everything flows again; null where the clients decide when they come back. */
  readonly recoversWithinMs: number | null
  /** While it lasts, every send is acknowledged, and all is delivered no later than this; left out where it can't be. */
  readonly goesOnWithinMs?: number
  readonly needsRedis?: boolean
  /** Whether a process is killed by it, with SIGKILL or like it. */
  readonly isKill?: boolean
  /** Strikes before it returns; what takes longer goes on by itself, and is waited for by the end. */
  strike(world: World): EndFault
}

const RECOVERS_WITHIN_MS = 5_000
/** What lasts is asked of Postgres then. */
const LATE_BY_MS = 5_000
const ENDS_WITHIN_MS = 10_000
const RESTART = 1012

const clientsCutOff: Fault = {
  name: 'clients cut off at random',
  lastsMs: 3_000,
  recoversWithinMs: null,
  strike({ fronts, random }) {
    const cut = (share: number) => {
      for (const front of fronts) front.cut(random, share)
    }
    cut(0.5)
    const timer = setInterval(() => cut(0.2), 250)
    return async () => {
      clearInterval(timer)
      return []
    }
  },
}

const acknowledgementsThrownAway: Fault = {
  name: 'acknowledgements thrown away',
  lastsMs: 3_000,
  recoversWithinMs: null,
  strike({ fronts, random }) {
    const thrownAway = () => fronts.reduce((sum, front) => sum + front.thrownAway, 0)
    const before = thrownAway()
    for (const front of fronts) front.throwAway(random, 0.3)
    return async () => {
      for (const front of fronts) front.throwAway(random, 0)
      return thrownAway() - before < 10 ? [`only ${thrownAway() - before} acknowledgements were thrown away`] : []
    }
  },
}

const redisKilled: Fault = {
  name: 'Redis killed and restarted',
  lastsMs: 2_000,
  recoversWithinMs: RECOVERS_WITHIN_MS,
  goesOnWithinMs: LATE_BY_MS,
  needsRedis: true,
  isKill: true,
  strike({ redis }) {
    const killed = redis?.kill()
    return async () => {
      await killed
      await redis?.startAgain()
      return []
    }
  },
}

const redisStopped: Fault = {
  name: 'Redis stopped for 10 s',
  lastsMs: 10_000,
  recoversWithinMs: RECOVERS_WITHIN_MS,
  goesOnWithinMs: LATE_BY_MS,
  needsRedis: true,
  strike({ redis }) {
    redis?.stop()
    return async () => {
      redis?.goOn()
      return []
    }
  },
}

const postgresRestarted: Fault = {
  name: 'Postgres restarted',
  lastsMs: 1_000,
  recoversWithinMs: RECOVERS_WITHIN_MS,
  strike({ postgres, random }) {
    const stopped = postgres.stop(random.pick(['fast', 'immediate']))
    return async () => {
      await stopped
      await postgres.start()
      return []
    }
  },
}

const postgresStopped: Fault = {
  name: 'Postgres stopped for 6 s',
  lastsMs: 6_000,
  recoversWithinMs: RECOVERS_WITHIN_MS,
  strike({ postgres }) {
    postgres.freeze()
    return async () => {
      postgres.thaw()
      return []
    }
  },
}

const nodeKilled: Fault = {
  name: 'a node killed',
  lastsMs: 500,
  recoversWithinMs: null,
  isKill: true,
  strike({ nodes, random }) {
    const node = random.pick(nodes)
    const ended = node.end('SIGKILL')
    return async () => {
      await ended
      await node.replace()
      return []
    }
  },
}

const nodeTerminated: Fault = {
  name: 'a node terminated',
  lastsMs: 500,
  recoversWithinMs: null,
  strike({ nodes, random, subscribers }) {
    const node = random.pick(nodes)
    const struckAt = Date.now()
    const connected = subscribers.filter(({ front }) => front === node.front)
    const ended = node.end('SIGTERM')
    return async () => {
      const { exitCode, signal } = await ended
      const tookMs = Date.now() - struckAt
      await node.replace()
      const rude = connected.filter(({ incidents }) => {
        const closing = incidents.find(({ at, what }) => at >= struckAt && what.startsWith('closed'))
        return !closing?.what.includes(` ${RESTART} `)
      })
      return [
        ...(connected.length === 0 ? ['nobody was connected to it'] : []),
        ...(exitCode === 0 ? [] : [`it ended with ${exitCode ?? signal}`]),
        ...(tookMs <= ENDS_WITHIN_MS ? [] : [`it took ${tookMs} ms to end`]),
        ...rude.map(({ options }) => `${options.name} was not sent away with ${RESTART}`),
      ]
    }
  },
}

export const FAULTS = {
  clientsCutOff,
  acknowledgementsThrownAway,
  redisKilled,
  redisStopped,
  postgresRestarted,
  postgresStopped,
  nodeKilled,
  nodeTerminated,
} satisfies Record<string, Fault>

/** Strikes, lets it last, and ends it. */
export async function sufferFault(fault: Fault, world: World): Promise<readonly string[]> {
  const end = fault.strike(world)
  await sleep(fault.lastsMs)
  return end()
}
