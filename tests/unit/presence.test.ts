import { expect, test } from 'vitest'
import { presenceMember, presenceOf } from '../../src/chat/presence/presence.js'

const SEEN = new Date('2026-03-01T11:00:00.000Z')
const SINCE = new Date('2026-03-01T12:00:00.000Z')
const lease = (member: string) => ({ member, expiresAt: new Date('2026-03-01T12:00:25.000Z') })

test('who holds a lease is online since the first of them began', () => {
  const later = lease(presenceMember(new Date(SINCE.getTime() + 1)))
  const held = [later, lease(presenceMember(SINCE)), later]
  expect(presenceOf(held, SEEN)).toEqual({ isOnline: true, lastSeenAt: SINCE })
  expect(presenceOf([], SEEN)).toEqual({ isOnline: false, lastSeenAt: SEEN })
})

test.each(['', 'zz', 'NaN.1', '8700000000000000.1', '-8700000000000000.1'])(
  'a lease that is none of ours (%s) says nothing',
  (member) => {
    expect(presenceOf([lease(member)], SEEN)).toEqual({ isOnline: false, lastSeenAt: SEEN })
    expect(presenceOf([lease(member), lease(presenceMember(SINCE))], SEEN)).toEqual({
      isOnline: true,
      lastSeenAt: SINCE,
    })
  },
)
