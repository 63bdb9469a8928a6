import { readFileSync } from 'node:fs'

const SAMPLE_EVERY_MS = 50

/** What a process has in memory, as Linux counts it. */
function residentMegabytes(processId: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${processId}/status`, 'utf8')) ?? []
  return Math.round(Number(kilobytes) / 1024)
}

/** The most that a process has in memory while something is done, in MB. */
export async function peakMemory(processId: number, work: () => Promise<void>): Promise<number> {
  let peak = residentMegabytes(processId)
  const sampling = setInterval(() => {
    peak = Math.max(peak, residentMegabytes(processId))
  }, SAMPLE_EVERY_MS)
  try {
    await work()
  } finally {
    clearInterval(sampling)
  }
  return Math.max(peak, residentMegabytes(processId))
}
