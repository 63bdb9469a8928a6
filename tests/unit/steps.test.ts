import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { createSteps } from '../../scripts/steps.mjs'

function screen(options: { isLive: boolean; hasColor?: boolean }) {
  const stream = new PassThrough()
  const step = createSteps(stream, { hasColor: false, ...options })
  return { stream, step, written: () => String(stream.read() ?? '') }
}

/** What a terminal shows in the end: erased lines are gone. */
function shown(written: string): string[] {
  return written.split('\n').map((line) => line.slice(line.lastIndexOf('\u001b[2K') + 1).replace(/^\[2K/, ''))
}

describe('the step display', () => {
  test('is a line a step where it is no terminal', () => {
    const { step, written } = screen({ isLive: false })
    const done = step('Installing packages')
    expect(written()).toBe('')
    done('544 packages')
    done('again')
    expect(written()).toMatch(/^✓ Installing packages … \d+\.\d s · 544 packages\n$/)
  })

  test('marks a step that failed', () => {
    const { step, written } = screen({ isLive: false })
    step('Building').fail()
    expect(written()).toMatch(/^✗ Building … \d+\.\d s\n$/)
  })

  test('is a live line on a terminal, with what it is busy with', () => {
    const { step, written } = screen({ isLive: true })
    const done = step('Starting the database')
    done.update('creating the data directory')
    expect(shown(written())).toEqual([
      expect.stringMatching(/^\S Starting the database: creating the data directory … 0\.\d s$/),
    ])
    done()
    expect(shown(written())).toEqual([expect.stringMatching(/^✓ Starting the database … 0\.\d s$/), ''])
  })

  test('keeps what others print in between, above the live line', () => {
    const { step, stream, written } = screen({ isLive: true })
    const done = step('Building')
    stream.write('a warning\n')
    stream.write('half a ')
    stream.write('line\n')
    expect(shown(written()).slice(0, 2)).toEqual(['a warning', 'half a line'])
    stream.write('no end')
    done()
    expect(shown(written())).toEqual(['no end', expect.stringMatching(/^✓ Building/), ''])
  })

  test('leaves the stream as it was when nothing is going on', () => {
    const { step, stream } = screen({ isLive: true })
    const write = stream.write
    step('Building')()
    expect(stream.write).toBe(write)
  })

  test('uses no colour when told so', () => {
    const plain = screen({ isLive: false })
    plain.step('Building')()
    expect(plain.written()).not.toContain('\u001b')
    const colourful = screen({ isLive: false, hasColor: true })
    colourful.step('Building')()
    expect(colourful.written()).toContain('\u001b[32m✓')
  })
})
