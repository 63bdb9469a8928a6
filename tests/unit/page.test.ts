import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { makePage, type PageArgs, type PageRules, readPageRequest } from '../../src/chat/page.js'

const rules: PageRules<string> = {
  maxPageSize: 100,
  defaultSize: 50,
  defaultEnd: 'newest',
  decodeCursor: (cursor, field) => `${field} ${cursor}`,
}
const nowhere = { after: null, before: null }

describe('the paging arguments', () => {
  test.each<[PageArgs, object]>([
    [{}, { from: 'end', size: 50, ...nowhere }],
    [
      { first: null, last: null, after: null, before: null },
      { from: 'end', size: 50, ...nowhere },
    ],
    [{ first: 3 }, { from: 'start', size: 3, ...nowhere }],
    [{ last: 3 }, { from: 'end', size: 3, ...nowhere }],
    [{ first: 0 }, { from: 'start', size: 0, ...nowhere }],
    [{ last: 100 }, { from: 'end', size: 100, ...nowhere }],
    [{ after: 'a' }, { from: 'start', size: 50, after: 'after a', before: null }],
    [{ before: 'b' }, { from: 'end', size: 50, after: null, before: 'before b' }],
    [
      { after: 'a', before: 'b' },
      { from: 'end', size: 50, after: 'after a', before: 'before b' },
    ],
    [
      { after: 'a', last: 3 },
      { from: 'end', size: 3, after: 'after a', before: null },
    ],
    [
      { before: 'b', first: 3 },
      { from: 'start', size: 3, after: null, before: 'before b' },
    ],
    [{ after: '' }, { from: 'start', size: 50, after: 'after ', before: null }],
  ])('%j are read', (args, request) => {
    expect(readPageRequest(args, rules)).toEqual(request)
  })

  test.each<[PageArgs, string]>([
    [{}, 'start'],
    [{ after: 'a' }, 'start'],
    [{ before: 'b' }, 'start'],
    [{ last: 1 }, 'end'],
  ])('%j mean the %s of a list whose default is its start', (args, from) => {
    expect(readPageRequest(args, { ...rules, defaultEnd: 'first' }).from).toBe(from)
  })

  test.each<[PageArgs, object]>([
    [{ first: 1, last: 1 }, { field: 'last' }],
    [{ first: 0, last: 0 }, { field: 'last' }],
    [{ first: -1 }, { field: 'first' }],
    [{ last: -1 }, { field: 'last' }],
    [{ first: 101 }, { field: 'first', limit: 100 }],
    [{ last: 101 }, { field: 'last', limit: 100 }],
  ])('%j are refused', (args, details) => {
    expect(() => readPageRequest(args, rules)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT', details }))
  })
})

describe('a page', () => {
  const list = fc.uniqueArray(fc.nat({ max: 30 })).map((items) => items.toSorted((one, other) => one - other))
  const bound = fc.option(fc.nat({ max: 30 }))
  const request = fc.record({
    from: fc.constantFrom('start' as const, 'end' as const),
    size: fc.nat({ max: 8 }),
    after: bound,
    before: bound,
  })

  test('has what lies between its bounds, and knows of all that lies around it', async () => {
    await fc.assert(
      fc.asyncProperty(list, request, async (items, { from, size, after, before }) => {
        const inside = items.filter((item) => (after === null || item > after) && (before === null || item < before))
        const fromEnd = from === 'start' ? inside : inside.toReversed()
        const page = makePage({ from, size, after, before }, fromEnd.slice(0, size + 1), async (side, at) =>
          items.some((item) => (side === 'atOrBefore' ? item <= at : item >= at)),
        )
        const rows = fromEnd.slice(0, size).toSorted((one, other) => one - other)
        expect(page.rows).toEqual(rows)
        const [first, last] = [rows[0], rows.at(-1)]
        if (first === undefined || last === undefined) return
        expect(await page.hasNextPage()).toBe(items.some((item) => item > last))
        expect(await page.hasPreviousPage()).toBe(items.some((item) => item < first))
      }),
    )
  })

  test('looks around only when it is asked, and once', async () => {
    const exists = vi.fn(async () => true)
    const page = makePage({ from: 'start', size: 1, after: 1, before: 9 }, [2], exists)
    expect(exists).not.toHaveBeenCalled()
    expect([await page.hasNextPage(), await page.hasPreviousPage()]).toEqual([true, true])
    expect(exists.mock.calls).toEqual([
      ['atOrAfter', 9],
      ['atOrBefore', 1],
    ])
    await Promise.all([page.hasNextPage(), page.hasPreviousPage()])
    expect(exists).toHaveBeenCalledTimes(2)
  })

  test('between no bounds needs no look at all', async () => {
    const exists = vi.fn(async () => true)
    const page = makePage({ from: 'end', size: 2, ...nowhere }, [3, 2, 1], exists)
    expect(page.rows).toEqual([2, 3])
    expect([await page.hasNextPage(), await page.hasPreviousPage()]).toEqual([false, true])
    expect(exists).not.toHaveBeenCalled()
  })
})
