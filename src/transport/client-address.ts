import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import proxyAddress from 'proxy-addr'

/** From where a request came: what stands for one caller, as far as can be told. */
export type ClientAddress = (request: IncomingMessage) => string

/**
 * The address that connected; behind trusted proxies the one that they say they ask for (X-Forwarded-For). What anybody
 * else says there counts for nothing.
 *
 * @param trustedProxies as `proxy-addr` takes them.
 */
export function createClientAddress(trustedProxies: readonly string[]): ClientAddress {
  const isTrusted = proxyAddress.compile([...trustedProxies])
  return (request) => {
    const { remoteAddress = '' } = request.socket
    // Of a connection that is gone already there is none.
    if (remoteAddress === '') return 'unknown'
    return callerOf(proxyAddress(request, isTrusted)) ?? callerOf(remoteAddress) ?? 'unknown'
  }
}

/** An IPv4 address; of an IPv6 address its network of 64 bits, which one caller has to themselves. Null: it is no address. */
function callerOf(said: string): string | null {
  // Some proxies give the port as well, and systems the interface.
  const address = said.replace(/^\[([^\]]*)\](:\d+)?$|^(\d+(?:\.\d+){3}):\d+$/, '$1$3').replace(/%.*$/, '')
  if (isIP(address) === 4) return address
  if (isIP(address) !== 6) return null
  const groups = groupsOf(address)
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  if (isMapped)
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.')
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`
}

/** The eight numbers of an IPv6 address. */
function groupsOf(address: string): number[] {
  // A URL has them in one spelling, without an IPv4 address at the end.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const numbersIn = (part = '') =>
    part
      .split(':')
      .filter(Boolean)
      .map((group) => Number.parseInt(group, 16))
  const [first, last] = [numbersIn(head), numbersIn(tail)]
  return [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last]
}
