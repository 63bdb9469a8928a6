import { spawn } from 'node:child_process'
import { bin, root } from './run-quietly.mjs'

/**
 * Runs the service from its sources, again after each change, until we are told to stop.
 *
 * The watcher gets a session of its own and each signal once, from us. In ours, a Ctrl-C would reach it twice, by the
 * terminal and by npm; it takes the second for impatience and kills the service before that has stopped Postgres.
 */
export async function watch() {
  const watcher = spawn(process.execPath, [bin('tsx/dist/cli.mjs'), 'watch', '--clear-screen=false', 'src/main.ts'], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const ended = new Promise((resolve) => watcher.once('exit', resolve))
  let isStopping = false
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (!isStopping) watcher.kill('SIGTERM')
      isStopping = true
    })
  }
  const exitCode = await ended
  process.exitCode = isStopping ? 0 : (exitCode ?? 1)
}
