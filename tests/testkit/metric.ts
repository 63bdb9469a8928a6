import type { Metrics } from '../../src/metrics.js'

/**
 * What /metrics says of a metric, all its labels added up; 0 when nothing has been counted.
 *
 * @param labels only the one with these, as they are written: `limit="frames"`.
 */
export async function metricOf(url: string, name: string, labels?: string): Promise<number> {
  return countIn(await (await fetch(new URL('/metrics', url))).text(), name, labels)
}

/** How often a limit refused something, of a service without an address. */
export async function refusalsOf(metrics: Pick<Metrics, 'render'>, limit: string): Promise<number> {
  const { text } = await metrics.render()
  return countIn(text, 'escrow_chat_rate_limited_total', `limit="${limit}"`)
}

function countIn(text: string, name: string, labels?: string): number {
  const values = [...text.matchAll(/^(\w+)(?:\{(.*)\})? (\d+)$/gm)]
    .filter(([, itsName, itsLabels]) => itsName === name && (labels === undefined || itsLabels === labels))
    .map(([, , , value]) => Number(value))
  return values.reduce((sum, value) => sum + value, 0)
}
