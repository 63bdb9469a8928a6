import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeCursor, encodeCursor } from '../../src/chat/timeline/timeline-cursor.js'
import { decodeTransactionCursor, encodeTransactionCursor } from '../../src/chat/transaction/transaction-cursor.js'

const key = fc.stringMatching(/^[A-Za-z0-9._:@-]{1,64}$/)
const refused = expect.objectContaining({ code: 'BAD_USER_INPUT', details: { field: 'after' } })
const base64url = (text: string) => Buffer.from(text, 'latin1').toString('base64url')

/** Other spellings of a cursor, which a lenient decoder would take. */
const respelt = (cursor: string) => [
  `${cursor}=`,
  `${cursor}A`,
  ` ${cursor}`,
  `${cursor}\n`,
  base64url(`0${Buffer.from(cursor, 'base64url').toString('latin1')}`),
  base64url(`${Buffer.from(cursor, 'base64url').toString('latin1')} `),
]

describe('a cursor of a timeline', () => {
  const decode = (cursor: string, transactionKey: string, head: number) =>
    decodeCursor(cursor, 'after', { transactionKey, head })

  test('stands for its transaction and position', () => {
    fc.assert(
      fc.property(key, fc.nat(), fc.nat(), (transactionKey, position, more) => {
        const cursor = encodeCursor(transactionKey, position)
        expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/)
        expect(decode(cursor, transactionKey, position + more)).toBe(position)
      }),
    )
  })

  test('is refused by another transaction, ahead of the timeline, and in any other spelling', () => {
    fc.assert(
      fc.property(key, key, fc.nat(), (transactionKey, otherKey, position) => {
        const cursor = encodeCursor(transactionKey, position)
        fc.pre(transactionKey !== otherKey)
        expect(() => decode(cursor, otherKey, position)).toThrow('another transaction')
        expect(() => decode(cursor, transactionKey, position - 1)).toThrow('ahead of the timeline')
        for (const other of respelt(cursor)) expect(() => decode(other, transactionKey, position)).toThrow(refused)
      }),
    )
  })

  test.each([
    '',
    '.',
    '1',
    '1.',
    '.deal',
    '-1.deal',
    '+1.deal',
    '1e1.deal',
    '0x1.deal',
    '1.5.deal',
    '01.deal',
    '1.de al',
    '12345678901.deal',
  ])('is not the base64 of %j', (text) => {
    expect(() => decode(base64url(text), 'deal', 100)).toThrow(refused)
  })

  test('is nothing that anybody makes up', () => {
    fc.assert(
      fc.property(fc.string(), (made) => {
        fc.pre(made !== encodeCursor('deal', 1))
        expect(() => decode(made, 'deal', 1)).toThrow(refused)
      }),
    )
  })
})

describe('a cursor of the list of transactions', () => {
  const instant = fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true })

  test('stands for an instant and a key', () => {
    fc.assert(
      fc.property(instant, key, (lastActivityAt, transactionKey) => {
        const place = { lastActivityAt, key: transactionKey }
        expect(decodeTransactionCursor(encodeTransactionCursor(place), 'after')).toEqual(place)
      }),
    )
  })

  test('is refused in any other spelling', () => {
    fc.assert(
      fc.property(instant, key, (lastActivityAt, transactionKey) => {
        for (const other of respelt(encodeTransactionCursor({ lastActivityAt, key: transactionKey }))) {
          expect(() => decodeTransactionCursor(other, 'after')).toThrow(refused)
        }
      }),
    )
  })

  test.each(['', '.', '1', '1.', '.deal', '-1.deal', '01.deal', '1.de al', '1234567890123456.deal', 'NaN.deal'])(
    'is not the base64 of %j',
    (text) => {
      expect(() => decodeTransactionCursor(base64url(text), 'after')).toThrow(refused)
    },
  )
})
