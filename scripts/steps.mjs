// Shows what is being done, step by step: on a terminal one live line with a spinner and the time, elsewhere a line a
// step when it is over. Used before anything is installed, so it needs nothing but Node.

import { performance } from 'node:perf_hooks'

const FRAMES = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'
const FRAME_MS = 80

/** The display of one stream. The steps of a process go to its standard output through `step`. */
export function createSteps(
  stream,
  { isLive = Boolean(stream.isTTY), hasColor = isLive && !process.env.NO_COLOR } = {},
) {
  const running = []
  const writeBefore = stream.write
  const writeRaw = writeBefore.bind(stream)
  const paint = (code, text) => (hasColor ? `\u001b[${code}m${text}\u001b[0m` : text)
  let timer
  let frame = 0
  let isDrawn = false
  // A line of somebody else's that has no end yet: drawing over it would lose it.
  let isLineOpen = false

  function erase() {
    if (isDrawn) writeRaw('\r\u001b[2K')
    isDrawn = false
  }

  function draw() {
    const current = running.at(-1)
    if (!isLive || !current || isLineOpen) return
    const line = `${FRAMES[frame % FRAMES.length]} ${current.text()} … ${seconds(current.startedAt)}`
    // A line that wraps can't be erased.
    writeRaw(`\r\u001b[2K${paint(36, line.slice(0, (stream.columns || 80) - 1))}`)
    isDrawn = true
  }

  // What others print goes above the live line.
  function writeAround(chunk, ...rest) {
    erase()
    const isDone = writeRaw(chunk, ...rest)
    isLineOpen = typeof chunk === 'string' ? chunk !== '' && !chunk.endsWith('\n') : chunk.at(-1) !== 10
    draw()
    return isDone
  }

  function begin(step) {
    running.push(step)
    if (!isLive) return
    if (!timer) {
      stream.write = writeAround
      timer = setInterval(() => {
        frame++
        draw()
      }, FRAME_MS)
      timer.unref()
    }
    draw()
  }

  function end(step, mark, detail) {
    const index = running.indexOf(step)
    if (index < 0) return
    running.splice(index, 1)
    erase()
    const line = `${mark} ${step.name} … ${seconds(step.startedAt)}${detail ? paint(2, ` · ${detail}`) : ''}`
    writeRaw(`${isLineOpen ? '\n' : ''}${line}\n`)
    isLineOpen = false
    if (running.length > 0) return draw()
    clearInterval(timer)
    timer = undefined
    if (isLive) stream.write = writeBefore
  }

  function step(name) {
    let note = ''
    const self = { name, startedAt: performance.now(), text: () => (note ? `${name}: ${note}` : name) }
    begin(self)
    const done = (detail) => end(self, paint(32, '✓'), detail)
    done.fail = (detail) => end(self, paint(31, '✗'), detail)
    done.update = (text) => {
      note = text
      draw()
    }
    return done
  }

  // However the process ends, the terminal is left with a clean line.
  if (isLive) process.once('exit', erase)
  return step
}

function seconds(startedAt) {
  return `${((performance.now() - startedAt) / 1000).toFixed(1)} s`
}

/** Begins a step; call what it returns when the step is done, or its `fail`. */
export const step = createSteps(process.stdout)
