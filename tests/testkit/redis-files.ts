import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

export const REDIS_PID_FILE = 'redis.pid'

/** The redis-servers that were started below a directory, and may run still. */
export function redisProcessesBelow(directory: string): number[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => basename(file) === REDIS_PID_FILE)
    .flatMap((file) => processIn(join(directory, file)))
}

function processIn(file: string): number[] {
  try {
    return [Number(readFileSync(file, 'utf8'))]
  } catch {
    // It has ended meanwhile, and its file is gone.
    return []
  }
}
