import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { createClientAddress } from '../../src/transport/client-address.js'

function request(remoteAddress: string | undefined, forwardedFor?: string): IncomingMessage {
  const headers = forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor }
  return { socket: { remoteAddress }, connection: { remoteAddress }, headers } as object as IncomingMessage
}

const direct = createClientAddress([])
const behindProxies = createClientAddress(['10.0.0.0/8', 'fd00::/8'])

describe('the address of a client', () => {
  test.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::ffff:c000:207', '192.0.2.7'],
    ['::FFFF:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8::/64'],
    ['2001:db8:0:0:ffff::1', '2001:db8::/64'],
    ['2001:db8:1:2:3:4:192.0.2.7', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80::/64'],
    ['::1', '::/64'],
    [undefined, 'unknown'],
  ])('%s stands for %s', (remoteAddress, expected) => {
    expect(direct(request(remoteAddress))).toBe(expected)
  })

  test('is the one that connected, whatever it says, where no proxy is trusted', () => {
    expect(direct(request('192.0.2.7', '198.51.100.1'))).toBe('192.0.2.7')
    expect(behindProxies(request('192.0.2.7', '198.51.100.1'))).toBe('192.0.2.7')
  })

  test.each([
    ['198.51.100.1', '198.51.100.1'],
    ['203.0.113.9, 198.51.100.1', '198.51.100.1'],
    ['203.0.113.9, 198.51.100.1, 10.1.1.1', '198.51.100.1'],
    ['203.0.113.9,   2001:db8:5:6::7', '2001:db8:5:6::/64'],
    ['198.51.100.1:4711', '198.51.100.1'],
    ['[2001:db8:5:6::7]:4711', '2001:db8:5:6::/64'],
    ['[2001:db8:5:6::7]', '2001:db8:5:6::/64'],
    ['::ffff:198.51.100.1', '198.51.100.1'],
  ])('is what the last trusted proxy says: %s', (forwardedFor, expected) => {
    expect(behindProxies(request('10.0.0.1', forwardedFor))).toBe(expected)
    expect(behindProxies(request('::ffff:10.0.0.1', forwardedFor))).toBe(expected)
  })

  test.each(['', 'unknown', '_hidden', 'x'.repeat(10_000), '1.2.3', 'http://evil', '2001:db8::1::2'])(
    'is that of the proxy where it says nothing of use: %s',
    (forwardedFor) => {
      expect(behindProxies(request('10.0.0.1', forwardedFor))).toBe('10.0.0.1')
    },
  )
})
