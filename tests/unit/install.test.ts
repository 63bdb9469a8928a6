import { describe, expect, test } from 'vitest'
import { isInstalled } from '../../scripts/install.mjs'

const linux = { platform: 'linux', arch: 'x64' }
const a = { version: '1.0.0', integrity: 'sha512-a' }
const forMac = { version: '1.0.0', integrity: 'sha512-m', optional: true, os: ['darwin'], cpu: ['arm64'] }
const forLinux = { version: '1.0.0', integrity: 'sha512-l', optional: true, os: ['linux'], cpu: ['x64'] }
const database = { version: '18.0.0', integrity: 'sha512-d', optional: true }
const locked = {
  '': { optionalDependencies: { database: '18.0.0' } },
  'node_modules/a': a,
  'node_modules/database': database,
  'node_modules/native-mac': forMac,
  'node_modules/native-linux': forLinux,
}
const installed = { 'node_modules/a': a, 'node_modules/database': database, 'node_modules/native-linux': forLinux }

describe('what is installed', () => {
  test('is current when it is what the lock file says for this platform', () => {
    expect(isInstalled(locked, installed, linux)).toBe(true)
  })

  test.each<[string, Record<string, typeof a> | null]>([
    ['there is nothing', null],
    ['a package is missing', { 'node_modules/database': database, 'node_modules/native-linux': forLinux }],
    ['a package has another version', { ...installed, 'node_modules/a': { ...a, version: '1.0.1' } }],
    ['a package has other content', { ...installed, 'node_modules/a': { ...a, integrity: 'sha512-b' } }],
    ['a package is there that the lock file no longer has', { ...installed, 'node_modules/b': a }],
    ['an optional package of our own is missing', { 'node_modules/a': a, 'node_modules/native-linux': forLinux }],
    [
      'it was copied from another platform',
      { 'node_modules/a': a, 'node_modules/database': database, 'node_modules/native-mac': forMac },
    ],
  ])('is stale when %s', (_, packages) => {
    expect(isInstalled(locked, packages, linux)).toBe(false)
  })
})
