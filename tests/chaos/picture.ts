import type { RoundReport } from './round.js'
import type { Subscriber } from './subscriber.js'
import type { Finding } from './verdict.js'
import type { World } from './world.js'

const MOST_FINDINGS = 20
/** So many findings of a subscriber are drawn; the others look alike. */
const MOST_DRAWN = 2
const AROUND = 4

/** A round in a line. */
export function describeRound(report: RoundReport): string {
  const { fault, acknowledgedCount, underWayCount, longestGapMs, slowestAnswerMs, recoveryMs, refusals } = report
  return [
    `${fault}: ${acknowledgedCount} acknowledged, ${underWayCount} under way when it struck`,
    `recovery ${recoveryMs} ms, slowest answer ${slowestAnswerMs} ms`,
    `longest gap in acknowledgements ${longestGapMs.acknowledgements} ms, in deliveries ${longestGapMs.deliveries} ms`,
    `tries without acknowledgement ${JSON.stringify(refusals)}`,
  ].join(', ')
}

/** What a round that failed looked like: what is wrong, what was seen around it, and what the nodes said. */
export function draw(world: World, report: RoundReport): string {
  const { seed, beganAt, findings } = report
  const drawn = new Map<string | undefined, number>()
  const draws = ({ subscriber }: Finding) => {
    drawn.set(subscriber, (drawn.get(subscriber) ?? 0) + 1)
    return (drawn.get(subscriber) ?? 0) <= MOST_DRAWN
  }
  return [
    describeRound(report),
    `${findings.length} findings; the seed was ${seed}`,
    ...findings
      .slice(0, MOST_FINDINGS)
      .flatMap((finding) => [
        `- ${finding.breach}: ${finding.what}`,
        ...(draws(finding) ? surroundings(world, finding, beganAt).map((line) => `    ${line}`) : []),
      ]),
    ...world.nodes.flatMap((node) => [
      `${node.name} warned:`,
      ...[...node.warningsSince(beganAt)].map(([warning, count]) => `    ${count} × ${warning}`),
    ]),
  ].join('\n')
}

function surroundings({ subscribers }: World, { subscriber: name, sequence = 0 }: Finding, beganAt: Date): string[] {
  const subscriber = subscribers.find(({ options }) => options.name === name)
  if (subscriber === undefined) return []
  const { deliveries } = subscriber
  const place = placeOf(subscriber, sequence)
  const around = deliveries.slice(Math.max(0, place - AROUND), place + AROUND + 1)
  const [from, to] = [around.at(0)?.at ?? 0, around.at(-1)?.at ?? Number.POSITIVE_INFINITY]
  const events = [
    ...around.map(({ at, sequence: got }) => ({ at, what: `got ${got}` })),
    ...subscriber.incidents.filter(({ at }) => at >= from - 1_000 && at <= to + 1_000),
  ]
  return events
    .toSorted((one, other) => one.at - other.at)
    .map(({ at, what }) => `${String(at - beganAt.getTime()).padStart(7)} ms  ${what}`)
}

/** Where the message is among the deliveries, the last time; or where it should be. */
function placeOf({ deliveries }: Subscriber, sequence: number): number {
  const place = deliveries.findLastIndex((delivery) => delivery.sequence === sequence)
  return place >= 0 ? place : deliveries.findLastIndex((delivery) => delivery.sequence < sequence)
}
