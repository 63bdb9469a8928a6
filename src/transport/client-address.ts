import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
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
  // Node's is the stricter one.
  if (isIP(address) === 0) return null
  // An IPv4 address that is written as IPv6 is one.
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return parsed.toString()
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toNormalizedString()}/64`).toString()}/64`
}
