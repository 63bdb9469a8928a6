import { expect, test } from 'vitest'
import { closeAll } from '../../src/platform/close-all.js'

test('closing goes from the last to the first, each after the one before it is closed', async () => {
  const order: string[] = []
  const closable = (name: string) => ({
    name,
    async close() {
      order.push(`${name} closes`)
      await Promise.resolve()
      order.push(`${name} is closed`)
    },
  })
  await closeAll([closable('first'), { name: 'second', close: () => void order.push('second') }, closable('third')])
  expect(order).toEqual(['third closes', 'third is closed', 'second', 'first closes', 'first is closed'])
})

test('one that fails keeps none of the others from closing, and all failures are told by name', async () => {
  const closed: string[] = []
  const failing = (name: string, close: () => Promise<void> | void) => ({ name, close })
  const closing = closeAll([
    failing('The first', () => void closed.push('first')),
    failing('The second', () => Promise.reject(new Error('no'))),
    failing('The third', () => {
      throw new Error('never')
    }),
    failing('The fourth', () => void closed.push('fourth')),
  ])
  const failure: unknown = await closing.catch((error: unknown) => error)
  expect(closed).toEqual(['fourth', 'first'])
  expect(failure).toBeInstanceOf(AggregateError)
  expect(failure).toMatchObject({
    message: 'The third did not close; The second did not close',
    errors: [{ cause: { message: 'never' } }, { cause: { message: 'no' } }],
  })
})

test('nothing to close is no failure', async () => {
  await expect(closeAll([])).resolves.toBeUndefined()
})
