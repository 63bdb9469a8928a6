import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTemporaryDirectory } from '../testkit/directory.js'
import { anySeed, Random } from '../testkit/random.js'
import { hasRedisServer } from '../testkit/redis-server.js'
import type { Fault } from './faults.js'
import { describeRound, draw } from './picture.js'
import { type RoundReport, runRound, warmUp } from './round.js'
import { World } from './world.js'

const MESSAGES = 300

/** A test a fault, in one world for all of them. */
export function declareRounds(faults: readonly Fault[]): void {
  let world: World
  const reports: RoundReport[] = []
  beforeAll(async () => {
    world = await World.open(createTemporaryDirectory(), new Random(anySeed()))
    await warmUp(world)
  }, 60_000)
  afterAll(() => world?.close(), 60_000)

  const isSkipped = ({ needsRedis }: Fault) => needsRedis === true && !hasRedisServer
  describe.each(faults.map((fault) => [fault.name, fault] as const))('%s', (_, fault) => {
    test.skipIf(isSkipped(fault))(
      'with sends under way loses, doubles and reorders nothing, and all goes on',
      async () => {
        const report = await runRound(world, fault, MESSAGES)
        reports.push(report)
        console.log(describeRound(report))
        if (report.findings.length > 0) throw new Error(draw(world, report))
      },
      120_000,
    )
  })

  test.skipIf(faults.every(isSkipped))(
    '30 s after the faults nobody is shown online who left when one struck',
    async () => {
      const findings = await Promise.all(reports.map(({ presence }) => presence))
      expect(findings.flat()).toEqual([])
    },
    90_000,
  )
}
