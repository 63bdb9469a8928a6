import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

export const REDIS_PID_FILE = 'redis.pid'

/** The redis-servers that were started below a directory, and may run still. */
export function redisProcessesBelow(directory: string): number[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => basename(file) === REDIS_PID_FILE)
    .map((file) => Number(readFileSync(join(directory, file), 'utf8')))
}
