import type { Random } from '../testkit/random.js'
import { FAULTS, type Fault } from './faults.js'

export interface ScheduleOptions {
  /** How many processes are killed in all, at least. */
  readonly kills: number
  readonly hasRedis: boolean
  /** A part of the name of the faults that are wanted; all when left out. */
  readonly only?: string | undefined
}

/** The other faults come twice. */
const REPEATS = 2

/** Every fault, again and again, in random order. */
export function scheduleFaults({ kills, hasRedis, only = '' }: ScheduleOptions, random: Random): Fault[] {
  const all: readonly Fault[] = Object.values(FAULTS)
  const wanted = all.filter(({ name, needsRedis }) => name.includes(only) && (hasRedis || !needsRedis))
  const killing = wanted.filter(({ isKill }) => isKill)
  const killed = killing.length === 0 ? [] : Array.from({ length: kills }, (_, nth) => killing[nth % killing.length])
  const others = wanted.filter(({ isKill }) => !isKill)
  return random.shuffle(
    [...killed, ...Array.from({ length: REPEATS }, () => others).flat()].flatMap((fault) => fault ?? []),
  )
}
