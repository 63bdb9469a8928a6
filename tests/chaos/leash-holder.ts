import { createInterface } from 'node:readline'
import { signal, thaw } from './process-tree.js'

// The other end of a `Leash`: notes which processes run, and ends them when its standard input is closed.

const held = new Map<number, NodeJS.Signals>()
createInterface(process.stdin)
  .on('line', (line) => {
    const [verb, processId, end] = line.split(' ')
    if (verb === 'hold') held.set(Number(processId), end as NodeJS.Signals)
    else held.delete(Number(processId))
  })
  .once('close', () => {
    for (const [processId, end] of held) {
      // Frozen, it would not hear of it.
      thaw(processId)
      signal(processId, end)
    }
  })
