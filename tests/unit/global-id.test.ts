import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { entryId, globalId, parseEntryId, parseGlobalId, requireLocalId } from '../../src/graphql/global-id.js'

const key = fc.stringMatching(/^[A-Za-z0-9._:@-]{1,64}$/)
const uuid = fc.uuid()

test('a key with its prefix is the id of a user and of a transaction, and back', () => {
  fc.assert(
    fc.property(key, fc.constantFrom('User' as const, 'Transaction' as const), (localId, kind) => {
      expect(parseGlobalId(globalId(kind, localId))).toEqual({ kind, localId })
    }),
  )
})

test('a uuid with its prefix is the id of a message and of a participant, and back', () => {
  fc.assert(
    fc.property(uuid, fc.constantFrom('Message' as const, 'Participant' as const), (localId, kind) => {
      expect(parseGlobalId(globalId(kind, localId))).toEqual({ kind, localId })
    }),
  )
})

test('a position and a key are the id of an entry, and back, also when the key has dots', () => {
  fc.assert(
    fc.property(key, fc.integer({ min: 1, max: 999_999_999 }), (transactionKey, position) => {
      const parsed = parseGlobalId(entryId(transactionKey, position))
      expect(parsed?.kind).toBe('TimelineEntry')
      expect(parseEntryId(parsed?.localId ?? '')).toEqual({ transactionKey, position })
    }),
  )
})

test('ids look as the design has them', () => {
  expect([globalId('User', 'bea'), globalId('Transaction', 'T-1'), entryId('T.1', 7)]).toEqual([
    'usr_bea',
    'txn_T-1',
    'evt_7.T.1',
  ])
})

test.each([
  '',
  'usr_',
  'usr',
  'user_bea',
  'USR_bea',
  ' usr_bea',
  'usr_bea ',
  'usr_be a',
  'usr_bea\n',
  `usr_${'k'.repeat(65)}`,
  'msg_bea',
  'msg_01900000-0000-7000-8000-00000000000',
  'msg_01900000-0000-7000-8000-00000000000A',
  'msg_01900000000070008000000000000000',
  'evt_0.deal',
  'evt_1',
  'evt_1.',
  'evt_1.de al',
  'evt_1234567890.deal',
  'att_1',
])('%j is the id of nothing', (id) => {
  expect(parseGlobalId(id)).toBeNull()
})

describe('an argument that takes ids of one type', () => {
  test('takes those, and gives what stands behind the prefix', () => {
    expect(requireLocalId('Transaction', 'txn_deal', 'transactionId')).toBe('deal')
  })

  test.each(['usr_deal', 'deal', '', 'txn_', 'evt_1.deal'])('refuses %j', (id) => {
    expect(() => requireLocalId('Transaction', id, 'transactionId')).toThrow(
      expect.objectContaining({ code: 'BAD_USER_INPUT', details: { field: 'transactionId' } }),
    )
    expect(() => requireLocalId('Transaction', id, 'transactionId')).toThrow('begins with txn_')
  })
})
