import { setTimeout as pause } from 'node:timers/promises'
import { Api } from './api.js'
import { Doorbell, MAX_LISTENED_TO } from './doorbell.js'
import { lock } from './lock.js'
import { type Deal, Mirror } from './mirror.js'
import { Progress } from './progress.js'
import { readSettings, type Settings, USAGE } from './settings.js'
import { Tokens } from './tokens.js'

const FOLLOW_EVERY_MS = 2_000
/** A wait that is told. */
const LONG_MS = 1_000

/** Mirrors until it is told to stop, or until what it can't mend. */
async function run(settings: Settings, stopping: AbortController, progress: Progress): Promise<void> {
  const { url, folder } = settings
  const { signal } = stopping
  const tokens = new Tokens(settings.token)
  const onWait = (why: string, ms: number) => {
    if (ms >= LONG_MS) progress.say(`${why.replace(/\.$/, '')}; waiting for ${Math.ceil(ms / 1000)} s`)
  }
  const mirror = new Mirror({ api: new Api({ url, tokens, signal, onWait }), progress, folder })
  let deals = await mirror.sweep()
  progress.say(`Complete: ${progress}`)
  if (settings.isOnce) return

  const onRing = (id: string) => void mirror.read(id).catch((error) => stopping.abort(error))
  const doorbell = new Doorbell({ url, tokens, onRing })
  const listenTo = async (moved: readonly Deal[]) => {
    // The latest activity is last: those that move are the likeliest to move again.
    for (const { id } of moved.slice(-MAX_LISTENED_TO)) doorbell.listenTo(id, await mirror.cursorOf(id))
  }
  try {
    for (let sweptAt = performance.now(); ; ) {
      await listenTo(deals)
      await pause(FOLLOW_EVERY_MS, undefined, { signal })
      const isSweepDue = performance.now() - sweptAt >= settings.sweepEveryMs
      deals = isSweepDue ? await mirror.sweep() : await mirror.follow()
      if (isSweepDue) sweptAt = performance.now()
    }
  } finally {
    await doorbell.close()
  }
}

async function main(): Promise<void> {
  const settings = readSettings(process.argv.slice(2), process.env)
  const stopping = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => stopping.abort(null))
  const unlock = await lock(settings.folder)
  const progress = new Progress(process.stdout)
  try {
    await run(settings, stopping, progress)
  } catch (error) {
    const { aborted, reason } = stopping.signal
    if (!aborted) throw error
    if (reason !== null) throw reason
    progress.say(`Stopped: ${progress}. Start it again, and it goes on from here.`)
  } finally {
    progress.end()
    await unlock()
  }
}

try {
  if (process.argv.includes('--help')) console.log(USAGE)
  else await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
