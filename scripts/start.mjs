// `npm start`, and with --watch `npm run dev`. The service runs in this very process: whoever signals it reaches the
// service itself, and nothing stands in between that could be killed alone.

import { constants } from 'node:os'
import { main } from './main.mjs'

const PARENT_POLL_MS = 200
const isWatching = process.argv.includes('--watch')
let isEnding = false

watchSignals()
endWithNpm()
await main(async () => {
  const { prepare } = await import('./prepare.mjs')
  await prepare({ dist: !isWatching })
  if (isWatching) await (await import('./watch.mjs')).watch()
  else await import('../dist/main.js')
})

/** Notes that we have been told to end, and ends us unless somebody else has something to put in order first. */
function watchSignals() {
  const isHeard = (signal) => process.listenerCount(signal) > 1
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (!isHeard(signal) && !isHeard('SIGTERM')) process.exit(128 + constants.signals[signal])
      // The terminal was closed: the service knows that by another name.
      if (!isHeard(signal) && !isEnding) process.kill(process.pid, 'SIGTERM')
      isEnding = true
    })
  }
}

/**
 * npm passes a SIGTERM on to the shell that it runs us in, and the shell dies of it without passing it on. When we have
 * got one ourselves we are ending already, and must not hear of it again: that would be taken for impatience.
 */
function endWithNpm() {
  if (!process.env.npm_lifecycle_event) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    if (!isEnding) process.kill(process.pid, 'SIGTERM')
  }, PARENT_POLL_MS)
  timer.unref()
}
