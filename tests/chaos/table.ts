import type { RoundReport } from './round.js'
import type { Breach, Finding } from './verdict.js'

/** A round, with what was found out after it. */
export interface JudgedRound {
  readonly report: RoundReport
  readonly findings: readonly Finding[]
}

const HEAD = ['fault', 'rounds', 'acknowledged', 'lost', 'doubled', 'reordered', 'recovery: median', 'worst']

/** The rounds by fault, and all of them, as a table in Markdown. */
export function tableOf(rounds: readonly JudgedRound[]): string {
  const faults = [...new Set(rounds.map(({ report }) => report.fault))]
  const rows = faults.map((fault) => [fault, ...cellsOf(rounds.filter(({ report }) => report.fault === fault))])
  return [HEAD, HEAD.map((_, column) => (column === 0 ? '---' : '--:')), ...rows, ['all', ...cellsOf(rounds)]]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}

function cellsOf(rounds: readonly JudgedRound[]): string[] {
  const count = (breach: Breach) => rounds.flatMap(({ findings }) => findings.filter((one) => one.breach === breach))
  const acknowledged = rounds.reduce((sum, { report }) => sum + report.acknowledgedCount, 0)
  const recoveries = rounds.flatMap(({ report }) => report.recoveryMs ?? []).toSorted((one, other) => one - other)
  return [
    String(rounds.length),
    String(acknowledged),
    ...(['LOST', 'DOUBLED', 'REORDERED'] as const).map((breach) => String(count(breach).length)),
    seconds(recoveries[Math.floor((recoveries.length - 1) / 2)]),
    seconds(recoveries.at(-1)),
  ]
}

function seconds(milliseconds: number | undefined): string {
  return milliseconds === undefined ? '–' : `${(milliseconds / 1000).toFixed(1)} s`
}

/** How often a try ended in each way but an acknowledgement, over all rounds. */
export function refusalsOf(rounds: readonly JudgedRound[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const { report } of rounds) {
    for (const [name, count] of Object.entries(report.refusals)) sums[name] = (sums[name] ?? 0) + count
  }
  return sums
}
