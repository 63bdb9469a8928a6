import { beginStretches, checkReadState, collectStretch } from './evidence.js'
import type { Fault } from './faults.js'
import { sufferFault } from './faults.js'
import { isLiveBefore } from './liveness.js'
import { type Measures, measure, recoveryOf } from './measures.js'
import { Visitor } from './presence.js'
import { type Finding, judge } from './verdict.js'
import type { World } from './world.js'

export interface RoundReport extends Measures {
  readonly fault: string
  readonly seed: number
  readonly beganAt: Date
  /** How many sends had no answer yet when the fault struck. */
  readonly underWayCount: number
  readonly findings: readonly Finding[]
  /** Resolves, within a minute, with what is wrong about who is shown online after it. */
  readonly presence: Promise<readonly Finding[]>
}

/** How many messages a second each sender says when nothing is the matter. */
const PER_SECOND = 20
/** In the moment of a fault they talk as fast as they can, so that it strikes in the midst of sends. */
const IN_A_HURRY = Number.POSITIVE_INFINITY
const BEFORE_THE_FAULT = 40
const IN_A_HURRY_BEFORE_THE_FAULT = 40
/** Redis is back: so much later its nodes are connected again, and at the latest when all is quiet. */
const LIVE_WITHIN_MS = 5_000
const LIVE_PROBE_MS = 1_000
const WARM_UP_MESSAGES = 100
const PATIENCE_MS = 30_000
/** A refusal comes within 5 s; deadlines are kept by timers, and a busy machine is late. */
const LONGEST_ANSWER_MS = 5_500
const ALLOWED_REFUSALS = ['SERVICE_UNAVAILABLE', 'NO ANSWER']

/** Lets people talk, a fault strike and end, people talk on; then waits until all is quiet, and looks at what came of it. */
export async function runRound(world: World, fault: Fault, messageCount: number): Promise<RoundReport> {
  const { changes, senders, subscribers, readers } = world
  const beginnings = await beginStretches(world)
  const beganAt = new Date()
  const before = world.acknowledgedCount
  const complaints: string[] = []
  const demand = async (what: string, holds: () => boolean) => {
    if (!(await changes.until(holds, PATIENCE_MS))) complaints.push(`${what} did not happen within ${PATIENCE_MS} ms`)
  }
  const acknowledges = (count: number) => {
    const target = world.acknowledgedCount + count
    return () => world.acknowledgedCount >= target
  }

  for (const subscriber of subscribers) subscriber.goHome()
  for (const talker of [...senders, ...readers]) talker.start()
  setPace(world, PER_SECOND)
  await demand('delivery to everybody before the fault', () =>
    subscribers.every(({ deliveries }) => (deliveries.at(-1)?.at ?? 0) >= beganAt.getTime()),
  )
  await demand('the talk before the fault', acknowledges(BEFORE_THE_FAULT))
  const visitor = await Visitor.enter(world)
  setPace(world, IN_A_HURRY)
  await demand('the hurry before the fault', acknowledges(IN_A_HURRY_BEFORE_THE_FAULT))
  await demand('a send under way', () => world.underWayCount > 0)

  const { underWayCount } = world
  if (underWayCount === 0) complaints.push('no send was under way when the fault struck')
  setTimeout(() => setPace(world, PER_SECOND), 200)
  const suffering = sufferFault(fault, world)
  const presence = visitor.leave()
  complaints.push(...(await suffering))
  const endedAt = Date.now()

  await demand('the return of everybody', () => recoveryOf(world, endedAt) !== null)
  await demand(`${messageCount} acknowledgements`, () => world.acknowledgedCount - before >= messageCount)
  await Promise.all([...senders, ...readers].map((talker) => talker.stop(PATIENCE_MS)))
  await demand('delivery of everything', () => isQuiet(world))
  const measures = measure(world, beganAt.getTime(), endedAt)
  if (fault.needsRedis) complaints.push(...(await checkLive(world, endedAt)))
  await demand('delivery of the last', () => isQuiet(world))

  const stretches = await Promise.all(beginnings.map((beginning) => collectStretch(world, beginning)))
  return {
    ...measures,
    fault: fault.name,
    seed: world.random.seed,
    beganAt,
    underWayCount,
    presence,
    findings: [
      ...stretches.flatMap(judge),
      ...(await checkReadState(world)),
      ...[...complaints, ...limits(fault, measures), ...failures(world)].map(wrong),
    ],
  }
}

/** Lets people talk as fast as they can, until both nodes have done everything once and have their connections. */
export async function warmUp(world: World): Promise<void> {
  for (const sender of world.senders) sender.start()
  await world.changes.until(() => world.acknowledgedCount >= WARM_UP_MESSAGES, PATIENCE_MS)
  await Promise.all(world.senders.map((sender) => sender.stop(PATIENCE_MS)))
  await world.changes.until(() => isQuiet(world), PATIENCE_MS)
}

/** Whether Redis carries news again. */
async function checkLive(world: World, endedAt: number): Promise<string[]> {
  const deadline = Math.max(endedAt + LIVE_WITHIN_MS, Date.now() + LIVE_PROBE_MS)
  return (await isLiveBefore(world, deadline)) ? [] : [`nothing was live ${Date.now() - endedAt} ms after it`]
}

function setPace({ senders }: World, perSecond: number): void {
  for (const sender of senders) sender.perSecond = perSecond
}

/** Whether everybody has the newest message of their deal that anybody knows to be stored. */
function isQuiet({ senders, subscribers }: World): boolean {
  return subscribers.every(({ options, deliveries }) => {
    const said = senders.filter((sender) => sender.options.dealKey === options.dealKey)
    const newest = Math.max(...said.map(({ newestSequence }) => newestSequence))
    return deliveries.findLast(({ sequence }) => sequence === newest) !== undefined
  })
}

function limits(fault: Fault, { slowestAnswerMs, recoveryMs, refusals, longestGapMs }: Measures): string[] {
  const { recoversWithinMs, goesOnWithinMs } = fault
  const allowed = goesOnWithinMs === undefined ? ALLOWED_REFUSALS : []
  const forbidden = Object.keys(refusals).filter((code) => !allowed.includes(code))
  const gap = Math.max(longestGapMs.acknowledgements, longestGapMs.deliveries)
  return [
    ...(slowestAnswerMs <= LONGEST_ANSWER_MS ? [] : [`a send waited ${slowestAnswerMs} ms for its answer`]),
    ...(recoversWithinMs === null || (recoveryMs ?? 0) <= recoversWithinMs ? [] : [`recovery took ${recoveryMs} ms`]),
    ...(goesOnWithinMs === undefined || gap <= goesOnWithinMs ? [] : [`for ${gap} ms nothing went on`]),
    ...forbidden.map((code) => `${refusals[code]} tries ended with ${code}`),
  ]
}

function failures({ subscribers }: World): string[] {
  return subscribers.flatMap(({ options, failure }) =>
    failure === null ? [] : `${options.name} was ended: ${failure}`,
  )
}

function wrong(what: string): Finding {
  return { breach: 'WRONG', what }
}
