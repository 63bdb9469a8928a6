import { isIPv6 } from 'node:net'

export interface RedisHost {
  readonly host: string
  readonly port: number
}

/** Where a Redis is and how one gets in, as `REDIS_URL` says it. */
export interface RedisAddress {
  readonly topology: 'single' | 'sentinel' | 'cluster'
  /** The server, the Sentinels, or some nodes of the Cluster; at least one. */
  readonly hosts: readonly RedisHost[]
  /** What the Sentinels call the master; null without Sentinels. */
  readonly masterName: string | null
  readonly usesTls: boolean
  readonly username: string | null
  readonly password: string | null
  readonly sentinelUsername: string | null
  readonly sentinelPassword: string | null
  /** The number of the database; 0 in a Cluster. */
  readonly database: number
}

const SCHEMES = ['redis', 'redis+sentinel', 'redis+cluster']
const URL_PATTERN = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/?#]*)@)?([^@/?#]+)(?:\/([^?#]*))?(?:\?([^#]*))?$/i
const SENTINEL_PARAMETERS = ['sentinelUsername', 'sentinelPassword']

/**
 * Reads a Redis URL. `URL` can't: where there are several hosts, each has a port.
 *
 *     redis://user:password@host:6379/0
 *     redis+sentinel://user:password@host:26379,host:26379/master-name/0?sentinelUsername=…&sentinelPassword=…
 *     redis+cluster://user:password@host:6379,host:6379
 *
 * `rediss` in place of `redis` means TLS.
 *
 * @throws {RangeError} that says what it must be like; nothing of the URL is in it.
 */
export function parseRedisAddress(url: string): RedisAddress {
  const match = URL_PATTERN.exec(url)
  if (!match) {
    throw new RangeError(
      `must be a URL that begins with ${SCHEMES.map((scheme) => `${scheme}://`).join(', ')}, or the same with rediss for TLS; @ / ? # in a password are written as %40 %2F %3F %23`,
    )
  }
  const [, scheme = '', kind = 'single', userInfo = '', hosts = '', path = '', query = ''] = match
  const topology = kind.toLowerCase() as RedisAddress['topology']
  const [username = '', password = ''] = splitOnce(userInfo, ':').map(decode)
  if (userInfo !== '' && password === '') throw new RangeError('must have a password where it has a user name')
  return {
    topology,
    hosts: parseHosts(hosts, topology),
    usesTls: scheme.toLowerCase() === 'rediss',
    username: username || null,
    password: password || null,
    ...parsePath(path, topology),
    ...parseQuery(query, topology),
  }
}

/** Its hosts, for people; never a password. */
export function describeRedisAddress({ hosts, topology, masterName }: RedisAddress): string {
  const list = hosts.map(({ host, port }) => `${isIPv6(host) ? `[${host}]` : host}:${port}`).join(', ')
  if (topology === 'sentinel') return `the Sentinels at ${list} (master ${masterName})`
  return topology === 'cluster' ? `the Redis Cluster at ${list}` : `Redis at ${list}`
}

function parseHosts(text: string, topology: RedisAddress['topology']): RedisHost[] {
  const hosts = text.split(',').map((host) => parseHost(host.trim(), topology === 'sentinel' ? 26_379 : 6_379))
  if (topology === 'single' && hosts.length > 1) {
    throw new RangeError('must name one host; several are for redis+sentinel:// and redis+cluster://')
  }
  return hosts
}

function parseHost(text: string, defaultPort: number): RedisHost {
  const [, bracketed, plain, portText] = /^(?:\[([^\]]+)\]|([\w.-]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const port = portText === undefined ? defaultPort : Number(portText)
  const host = bracketed ?? plain
  if (host === undefined || (bracketed !== undefined && !isIPv6(bracketed)) || port < 1 || port > 65_535) {
    throw new RangeError('must name its hosts as host:port, separated by commas')
  }
  return { host, port }
}

function parsePath(path: string, topology: RedisAddress['topology']): Pick<RedisAddress, 'masterName' | 'database'> {
  const parts = path.split('/').map(decode)
  const masterName = topology === 'sentinel' ? (parts.shift() ?? '') : null
  if (masterName === '') throw new RangeError('must name the master after the hosts, as in /master-name')
  const [database = ''] = parts
  if (topology === 'cluster' && database !== '') throw new RangeError('must name no database: a Cluster has only one')
  if (parts.length > 1 || !/^\d{0,5}$/.test(database)) {
    throw new RangeError('must have nothing but the number of a database at the end of its path')
  }
  return { masterName, database: Number(database) }
}

function parseQuery(
  query: string,
  topology: RedisAddress['topology'],
): Pick<RedisAddress, 'sentinelUsername' | 'sentinelPassword'> {
  const parameters = new URLSearchParams(query)
  const known = topology === 'sentinel' ? SENTINEL_PARAMETERS : []
  if ([...parameters.keys()].some((name) => !known.includes(name))) {
    throw new RangeError(`must have no parameters${known.length > 0 ? ` but ${known.join(' and ')}` : ''}`)
  }
  return {
    sentinelUsername: parameters.get('sentinelUsername'),
    sentinelPassword: parameters.get('sentinelPassword'),
  }
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator)
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new RangeError('must have each % as %25, or before two hexadecimal digits')
  }
}
