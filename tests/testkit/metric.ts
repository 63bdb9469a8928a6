/**
 * What /metrics says of a metric, all its labels added up; 0 when nothing has been counted.
 *
 * @param labels only the one with these, as they are written: `limit="frames"`.
 */
export async function metricOf(url: string, name: string, labels?: string): Promise<number> {
  const text = await (await fetch(new URL('/metrics', url))).text()
  const values = [...text.matchAll(/^(\w+)(?:\{(.*)\})? (\d+)$/gm)]
    .filter(([, itsName, itsLabels]) => itsName === name && (labels === undefined || itsLabels === labels))
    .map(([, , , value]) => Number(value))
  return values.reduce((sum, value) => sum + value, 0)
}
