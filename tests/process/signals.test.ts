import { existsSync } from 'node:fs'
import { watch } from 'node:fs/promises'
import { join } from 'node:path'
import { print } from 'graphql'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../testkit/directory.js'
import { processesOn } from '../testkit/postgres-files.js'
import { prepareProjectCopy } from '../testkit/project-copy.js'
import { RawSocket } from '../testkit/raw-socket.js'
import type { ServiceProcess } from '../testkit/service-process.js'
import { FOLLOW_MESSAGES } from '../testkit/timeline-documents.js'

const NPM_START = ['npm', 'start'] as const

const project = prepareProjectCopy()

/** Of Postgres, its files and its processes, nothing runs any more. */
function expectNothingRunsOn({ dataDirectory }: ServiceProcess): void {
  expect(processesOn(dataDirectory)).toEqual([])
  expect(existsSync(join(dataDirectory, 'postgres', 'postmaster.pid'))).toBe(false)
}

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  '%s ends everything, Postgres too',
  async (signal) => {
    const service = project.start()
    await service.url()

    service.signal(signal)

    expect(await service.ended).toEqual({ exitCode: 0, signal: null })
    expectNothingRunsOn(service)
    expect(service.errors).toBe('')
  },
  60_000,
)

test('Ctrl-C under npm, which reaches every process of the terminal, ends everything, even when it is hit again and again', async () => {
  const service = project.start({ command: NPM_START })
  await service.url()

  for (let hits = 1; hits <= 3; hits += 1) service.signalGroup('SIGINT')

  await service.ended
  expectNothingRunsOn(service)
}, 60_000)

test('SIGTERM to npm alone ends everything', async () => {
  const service = project.start({ command: NPM_START })
  await service.url()

  service.signal('SIGTERM')

  // Its output is closed when the last of its processes is gone.
  await service.ended
  expectNothingRunsOn(service)
}, 60_000)

test('SIGTERM during the very first start, when the data are just there, ends everything', async () => {
  const dataDirectory = temporaryDirectory()
  const changes = watch(dataDirectory)
  const service = project.start({ dataDirectory })
  for await (const { filename } of changes) if (filename === 'postgres') break

  service.signal('SIGTERM')

  await service.ended
  expectNothingRunsOn(service)
}, 60_000)

test('SIGTERM during a start that waits for a Redis that is not there ends everything', async () => {
  const service = project.start({ env: { REDIS_URL: 'redis://127.0.0.1:1' } })
  await service.untilPrinted(/can't be used yet; trying again/)
  const since = performance.now()

  service.signal('SIGTERM')

  await service.ended
  expect(performance.now() - since).toBeLessThan(5_000)
  expectNothingRunsOn(service)
}, 60_000)

test('SIGTERM closes open sockets so that their clients come back, and is not held up by one that does not answer', async () => {
  const service = project.start()
  const webSocketUrl = (await service.url()).replace('http', 'ws')
  const polite = await RawSocket.connect(webSocketUrl, service.token('Bea'))
  polite.subscribe('bicycle', print(FOLLOW_MESSAGES), { transactionId: 'txn_bicycle' })
  const silent = await RawSocket.connect(webSocketUrl, service.token('Sam'))
  silent.pause()

  service.signal('SIGTERM')

  expect(await polite.closed).toMatchObject({ code: 1012 })
  expect(await service.ended).toEqual({ exitCode: 0, signal: null })
  silent.terminate()
  expectNothingRunsOn(service)
}, 60_000)
