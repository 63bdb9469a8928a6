import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { defineConfig, type UserWorkspaceConfig } from 'vitest/config'
import { findRedisServer } from './scripts/programs.mjs'

// vitest would load graphql twice, as ESM and as CommonJS, and each refuses the types of the other.
const alias = [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') }]

function project(test: NonNullable<UserWorkspaceConfig['test']>): UserWorkspaceConfig {
  return {
    resolve: { alias },
    test: {
      pool: 'forks',
      // Importing took a quarter of the time. Files can share what they import: no module of ours keeps state of its own,
      // and importing one starts nothing (tests/architecture/inert-modules.test.ts).
      isolate: false,
      setupFiles: ['tests/testkit/undo-replacements.ts'],
      testTimeout: 20_000,
      hookTimeout: 30_000,
      ...test,
    },
  }
}

const everything = project({
  name: 'tests',
  include: ['tests/**/*.test.ts'],
  exclude: ['tests/over-redis/**'],
  provide: { isOverRedis: false },
})
/** What is live is tested once more with the nodes connected by Redis. */
const overRedis = project({
  name: 'redis',
  include: ['tests/{realtime,over-redis}/**/*.test.ts'],
  provide: { isOverRedis: true },
})
const hasRedis = findRedisServer() !== null || Boolean(process.env['REDIS_URL'])

export default defineConfig({
  test: {
    projects: hasRedis ? [everything, overRedis] : [everything],
    globalSetup: ['tests/testkit/servers-setup.ts'],
    teardownTimeout: 20_000,
    // Much of the time is spent waiting, for other processes or for time to pass: more at once than there are cores.
    maxWorkers: availableParallelism() + 2,
  },
})
