import { setImmediate as settled } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { Turns } from '../../src/chat/turns.js'

/** Work that goes on until it is told to end. */
function work(name: string, log: string[]) {
  let end = () => {}
  const untilEnd = new Promise<void>((resolve) => {
    end = resolve
  })
  const run = async () => {
    log.push(`${name} begins`)
    await untilEnd
    log.push(`${name} ends`)
    return name
  }
  return { run, end }
}

describe('turns', () => {
  test('come one after another for one name, in the order in which they were asked for', async () => {
    const turns = new Turns()
    const log: string[] = []
    const [one, other] = [work('one', log), work('other', log)]
    const both = [turns.take('bea', one.run), turns.take('bea', other.run)]
    other.end()
    await settled()
    expect(log).toEqual(['one begins'])
    one.end()
    expect(await Promise.all(both)).toEqual(['one', 'other'])
    expect(log).toEqual(['one begins', 'one ends', 'other begins', 'other ends'])
  })

  test('of different names do not wait for each other', async () => {
    const turns = new Turns()
    const log: string[] = []
    const [one, other] = [work('one', log), work('other', log)]
    const first = turns.take('bea', one.run)
    other.end()
    expect(await turns.take('sam', other.run)).toBe('other')
    one.end()
    expect(await first).toBe('one')
  })

  test('go on after one that failed, and leave nothing behind', async () => {
    const turns = new Turns()
    const failing = turns.take('bea', async () => {
      throw new Error('no')
    })
    const next = turns.take('bea', async () => 'yes')
    await expect(failing).rejects.toThrow('no')
    expect(await next).toBe('yes')
    expect(turns.size).toBe(0)
  })
})
