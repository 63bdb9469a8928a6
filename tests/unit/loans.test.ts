import { expect, test, vi } from 'vitest'
import { Loans } from '../../src/chat/loans.js'

interface Thing {
  stop(): void
}

/** Loans of things that start when the test says so. */
function open() {
  const starting: { resolve(thing: Thing): void; reject(error: Error): void }[] = []
  const start = vi.fn((_key: string) => new Promise<Thing>((resolve, reject) => starting.push({ resolve, reject })))
  const onEmpty = vi.fn()
  return { loans: new Loans({ start, onEmpty }), starting, start, onEmpty }
}

test('all who want one share it, and it is stopped after the last', async () => {
  const { loans, starting, start, onEmpty } = open()
  const stop = vi.fn()
  const borrowing = [loans.borrow('deal'), loans.borrow('deal')]
  expect([...loans]).toEqual([])
  starting[0]?.resolve({ stop })
  const [one, other] = await Promise.all(borrowing)
  expect(start).toHaveBeenCalledExactlyOnceWith('deal')
  expect(one?.thing).toBe(other?.thing)
  expect([...loans]).toEqual([['deal', one?.thing]])
  one?.release()
  one?.release()
  expect(stop).not.toHaveBeenCalled()
  expect(loans.size).toBe(1)
  other?.release()
  expect(stop).toHaveBeenCalledOnce()
  expect(loans.size).toBe(0)
  expect(onEmpty).toHaveBeenCalledOnce()
})

test('who wants one that cannot start is told, and the next tries anew', async () => {
  const { loans, starting, start, onEmpty } = open()
  const refused = [loans.borrow('deal'), loans.borrow('deal')].map((loan) => expect(loan).rejects.toThrow('away'))
  starting[0]?.reject(new Error('away'))
  await Promise.all(refused)
  expect(loans.size).toBe(0)
  expect(onEmpty).toHaveBeenCalledOnce()
  const thing = { stop() {} }
  const next = loans.borrow('deal')
  starting[1]?.resolve(thing)
  expect((await next).thing).toBe(thing)
  expect([...loans]).toEqual([['deal', thing]])
  expect(start).toHaveBeenCalledTimes(2)
})

test('one that is forgotten is kept by who has it, and the next gets another', async () => {
  const { loans, starting, onEmpty } = open()
  const [old, fresh] = [{ stop: vi.fn() }, { stop: vi.fn() }]
  const borrowing = loans.borrow('deal')
  starting[0]?.resolve(old)
  const ours = await borrowing
  loans.forget('deal', fresh)
  expect(loans.size).toBe(1)
  loans.forget('deal', old)
  expect(onEmpty).toHaveBeenCalledOnce()
  const next = loans.borrow('deal')
  starting[1]?.resolve(fresh)
  expect((await next).thing).toBe(fresh)
  ours.release()
  expect(old.stop).toHaveBeenCalledOnce()
  expect(fresh.stop).not.toHaveBeenCalled()
  expect([...loans]).toEqual([['deal', fresh]])
})
