import type { Metrics } from '../../src/metrics.js'

/** How often a limit refused something. */
export async function refusalsOf({ rateLimited }: Pick<Metrics, 'rateLimited'>, limit: string): Promise<number> {
  const { values } = await rateLimited.get()
  return values.find(({ labels }) => labels.limit === limit)?.value ?? 0
}
