import { afterAll, beforeAll, describe, test } from 'vitest'
import { findRedisServer } from '../../scripts/programs.mjs'
import { createTemporaryDirectory } from '../testkit/directory.js'
import type { Fault } from './faults.js'
import { describeRound, draw } from './picture.js'
import { anySeed, Random } from './random.js'
import { runRound } from './round.js'
import { World } from './world.js'

const MESSAGES = 300

/** A test a fault, in one world for all of them. */
export function declareRounds(faults: readonly Fault[]): void {
  let world: World
  beforeAll(async () => {
    world = await World.open(createTemporaryDirectory(), new Random(anySeed()))
  }, 60_000)
  afterAll(() => world?.close(), 60_000)

  describe.each(faults.map((fault) => [fault.name, fault] as const))('%s', (_, fault) => {
    test.skipIf(fault.needsRedis === true && findRedisServer() === null)(
      'with sends under way loses, doubles and reorders nothing, and all goes on',
      async () => {
        const report = await runRound(world, fault, MESSAGES)
        console.log(describeRound(report))
        if (report.findings.length > 0) throw new Error(draw(world, report))
      },
      120_000,
    )
  })
}
