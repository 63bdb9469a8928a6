import { expect, onTestFinished, test } from 'vitest'
import { createTestDatabase } from '../testkit/database.js'
import { temporaryDirectory } from '../testkit/directory.js'
import { BUILT, PROJECT } from '../testkit/node-process.js'
import { ServiceProcess } from '../testkit/service-process.js'

const [node, ...args] = BUILT
/** Fails at a signal, as a fault of ours would, with something on the error that is nobody's business. */
const FAULTY =
  'process.on("SIGUSR2", () => { throw Object.assign(new Error("a fault"), { detail: "secret" + " words" }) })'

test('an error that nobody caught ends the process, and stands in the log like any other', async () => {
  const database = await createTestDatabase({ isEmpty: true })
  onTestFinished(() => database.drop())
  const service = new ServiceProcess({
    project: PROJECT,
    dataDirectory: temporaryDirectory(),
    env: { DATABASE_URL: database.url, JWT_SECRET: 's'.repeat(32), LOG_FORMAT: 'json' },
    command: [node, '--import', `data:text/javascript,${FAULTY}`, ...args],
  })
  onTestFinished(() => service.end())
  await service.url()

  service.signal('SIGUSR2')

  expect(await service.ended).toEqual({ exitCode: 1, signal: null })
  const last = service.output.trimEnd().split('\n').at(-1) ?? ''
  expect(JSON.parse(last)).toMatchObject({ level: 60, err: { type: 'Error', message: 'a fault' } })
  expect(service.output + service.errors).not.toContain('secret words')
}, 60_000)
