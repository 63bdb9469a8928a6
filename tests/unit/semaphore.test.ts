import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Semaphore } from '../../src/chat/message/semaphore.js'

test('a semaphore lets two run at once and the others in the order in which they came, also when one fails', async () => {
  const semaphore = new Semaphore(2)
  const started: number[] = []
  const ends: (() => void)[] = []
  const run = (nth: number) =>
    semaphore.run(async () => {
      started.push(nth)
      await new Promise<void>((resolve) => ends.push(resolve))
      if (nth === 0) throw new Error('It failed')
    })
  const early = Promise.allSettled([run(0), run(1), run(2), run(3)])
  await setImmediate()
  expect(started).toEqual([0, 1])
  ends[0]?.()
  await setImmediate()
  const late = run(4)
  expect(started).toEqual([0, 1, 2])
  ends[1]?.()
  ends[2]?.()
  await setImmediate()
  expect(started).toEqual([0, 1, 2, 3, 4])
  ends[3]?.()
  ends[4]?.()
  await late
  await semaphore.run(async () => {})
  expect((await early).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled'])
})
