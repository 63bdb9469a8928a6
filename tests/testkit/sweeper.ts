import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { postmasterOf } from './postgres-files.js'
import { redisProcessesBelow } from './redis-files.js'
import { removeDirectory } from './run-directory.js'

// Waits until the test run is gone, by whatever means: then its end of our standard input is closed. Stops the servers
// that are left in its directory, and removes that.

const [directory = ''] = process.argv.slice(2)
process.stdin.resume().once('close', async () => {
  if (!existsSync(directory)) return
  for (const name of readdirSync(directory)) await stopPostgres(join(directory, name))
  // Afterwards: nothing comes and goes in the directory any more while it is gone through.
  for (const processId of redisProcessesBelow(directory)) killRedis(processId)
  removeDirectory(directory)
})

async function stopPostgres(owned: string): Promise<void> {
  const file = join(owned, 'postgres', 'postmaster.pid')
  if (!existsSync(file)) return
  try {
    process.kill(postmasterOf(owned), 'SIGINT')
    for (let tries = 0; existsSync(file) && tries < 50; tries++) await sleep(100)
  } catch {
    // It is gone already.
  }
}

function killRedis(processId: number): void {
  try {
    process.kill(processId, 'SIGKILL')
  } catch {
    // It is gone already.
  }
}
