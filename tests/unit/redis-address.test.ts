import { describe, expect, test } from 'vitest'
import { describeRedisAddress, parseRedisAddress } from '../../src/config/redis-address.js'

const nothing = {
  topology: 'single',
  masterName: null,
  usesTls: false,
  username: null,
  password: null,
  sentinelUsername: null,
  sentinelPassword: null,
  database: 0,
}

describe('a Redis URL', () => {
  test.each<[string, object]>([
    ['redis://host', { hosts: [{ host: 'host', port: 6379 }] }],
    ['rediss://host:1/', { usesTls: true, hosts: [{ host: 'host', port: 1 }] }],
    ['REDIS://h/15', { database: 15, hosts: [{ host: 'h', port: 6379 }] }],
    ['redis://[::1]:7', { hosts: [{ host: '::1', port: 7 }] }],
    ['redis://:p%40%2F:w@h', { password: 'p@/:w', hosts: [{ host: 'h', port: 6379 }] }],
    ['redis://me:secret@h', { username: 'me', password: 'secret', hosts: [{ host: 'h', port: 6379 }] }],
    [
      'redis+sentinel://me:secret@a:1,b/the-master/2?sentinelPassword=other%26',
      {
        topology: 'sentinel',
        hosts: [
          { host: 'a', port: 1 },
          { host: 'b', port: 26_379 },
        ],
        username: 'me',
        password: 'secret',
        masterName: 'the-master',
        database: 2,
        sentinelPassword: 'other&',
      },
    ],
    [
      'rediss+cluster://a:7000,[2001:db8::1]:7001',
      {
        topology: 'cluster',
        usesTls: true,
        hosts: [
          { host: 'a', port: 7000 },
          { host: '2001:db8::1', port: 7001 },
        ],
      },
    ],
  ])('%s is understood', (url, expected) => {
    expect(parseRedisAddress(url)).toEqual({ ...nothing, ...expected })
  })

  test.each([
    ['http://host', /begins with redis:\/\//],
    ['redis+ring://host', /begins with/],
    ['redis://', /begins with/],
    ['redis://me:se@cret@host', /%40/],
    ['redis://me:50%@host', /%25/],
    ['redis://me@host', /password/],
    ['redis://a,b', /one host/],
    ['redis://a:0', /host:port/],
    ['redis://a:65536', /host:port/],
    ['redis://a:b', /host:port/],
    ['redis+cluster://a,,b', /host:port/],
    ['redis://[::g]', /host:port/],
    ['redis+sentinel://a', /master-name/],
    ['redis+sentinel://a/', /master-name/],
    ['redis+sentinel://a/m/x', /number of a database/],
    ['redis://a/x', /number of a database/],
    ['redis://a/1/2', /number of a database/],
    ['redis+cluster://a/1', /no database/],
    ['redis://a?family=6', /no parameters/],
    ['redis+sentinel://a/m?password=x', /but sentinelUsername and sentinelPassword/],
  ])('%s is refused in words that help', (url, reason) => {
    expect(() => parseRedisAddress(url)).toThrow(RangeError)
    expect(() => parseRedisAddress(url)).toThrow(reason)
  })

  test('is described without what is secret', () => {
    const described = (url: string) => describeRedisAddress(parseRedisAddress(url))
    expect(described('redis://me:secret@a')).toBe('Redis at a:6379')
    expect(described('redis+cluster://:secret@a:1,[::1]:2')).toBe('the Redis Cluster at a:1, [::1]:2')
    expect(described('redis+sentinel://:secret@a/m?sentinelPassword=secret')).toBe(
      'the Sentinels at a:26379 (master m)',
    )
  })
})
