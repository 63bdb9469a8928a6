import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { anySeed, Random } from '../testkit/random.js'
import { createRunDirectory, letEveryoneEnter, removeDirectory } from '../testkit/run-directory.js'
import { countCosts } from './costs.js'
import { describeRound, draw } from './picture.js'
import { runRound, warmUp } from './round.js'
import { scheduleFaults } from './schedule.js'
import { type JudgedRound, refusalsOf, tableOf } from './table.js'
import { World } from './world.js'

// `npm run chaos`: many rounds of all faults, one after the other in one world, and a table of what came of them.

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '10000' },
    kills: { type: 'string', default: '20' },
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(anySeed()) },
    only: { type: 'string' },
    count: { type: 'boolean', default: false },
  },
})

const random = new Random(Number(values.seed))
const directory = createRunDirectory()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))
try {
  process.exitCode = (await run()) ? 0 : 1
} finally {
  removeDirectory(directory)
}

async function run(): Promise<boolean> {
  console.log(`The seed is ${random.seed}.`)
  const home = join(directory, 'world')
  mkdirSync(home)
  letEveryoneEnter(home)
  const world = await World.open(home, random)
  try {
    await warmUp(world)
    const rounds = values.count ? [] : await runAll(world)
    console.log(await countCosts(world))
    return rounds.every(({ findings }) => findings.length === 0)
  } finally {
    await world.close()
  }
}

async function runAll(world: World): Promise<readonly JudgedRound[]> {
  const faults = scheduleFaults(
    { kills: Number(values.kills), hasRedis: world.redis !== null, only: values.only },
    random,
  )
  const deadline = Date.now() + Number(values.minutes) * 60_000
  const reports = []
  for (const [index, fault] of faults.entries()) {
    if (Date.now() > deadline) {
      console.log(`After ${values.minutes} minutes ${faults.length - index} rounds are left out.`)
      break
    }
    const left = Math.max(0, Number(values.messages) - world.acknowledgedCount)
    const report = await runRound(world, fault, Math.ceil(left / (faults.length - index)))
    console.log(`${index + 1} of ${faults.length}: ${describeRound(report)}`)
    if (report.findings.length > 0) console.log(draw(world, report))
    reports.push(report)
  }
  const rounds = await Promise.all(
    reports.map(async (report) => ({ report, findings: [...report.findings, ...(await report.presence)] })),
  )
  console.log(`\n${tableOf(rounds)}\n`)
  console.log(`Tries without acknowledgement: ${JSON.stringify(refusalsOf(rounds))}`)
  for (const { report, findings } of rounds) {
    for (const { breach, what } of findings) console.log(`${report.fault}: ${breach}: ${what}`)
  }
  return rounds
}
