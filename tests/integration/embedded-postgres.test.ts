import { once } from 'node:events'
import { chown, mkdir, stat } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { acquirePostgres } from '../../src/platform/acquire-postgres.js'
import { openPostgresCluster } from '../../src/platform/open-postgres-cluster.js'
import { findPostgresBinaries } from '../../src/platform/postgres-binaries.js'
import { stopPostmaster } from '../../src/platform/postmaster.js'
import { temporaryDirectory } from '../testkit/directory.js'
import { commit, committed, isRoot, NOBODY, prepareUsedDirectories, start } from '../testkit/embedded-postgres.js'
import { FAST, postmasterOf, processesOn, processInfo } from '../testkit/postgres-files.js'
import { startPostgresOwner } from '../testkit/postgres-owner-process.js'
import { query } from '../testkit/sql.js'

const usedDirectory = prepareUsedDirectories()

async function takenPort(): Promise<Server & { port: number }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return Object.assign(server, { port: typeof address === 'object' && address ? address.port : 0 })
}

describe('the embedded Postgres', () => {
  test('is a database in UTF-8, durable, on 127.0.0.1 alone, for whoever has its password', async () => {
    const directory = temporaryDirectory()
    const { url } = await start(directory, { settings: {} })
    const settings = [
      'server_encoding',
      'lc_collate',
      'listen_addresses',
      'unix_socket_directories',
      'fsync',
      'synchronous_commit',
    ]
    const rows = await query<{ name: string; setting: string }>(
      url,
      'SELECT name, setting FROM pg_settings WHERE name = ANY ($1)',
      [settings],
    )
    expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toEqual({
      server_encoding: 'UTF8',
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      fsync: 'on',
      synchronous_commit: 'on',
    })
    const stranger = new URL(url)
    stranger.password = 'guess'
    await expect(query(stranger.href, 'SELECT 1')).rejects.toThrow('password authentication failed')
    expect((await stat(join(directory, 'postgres-password'))).mode & 0o777).toBe(0o600)
  })

  test.runIf(isRoot)('runs as an unprivileged user when root starts it', async () => {
    const directory = temporaryDirectory()
    const { url } = await start(directory)
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    expect(processInfo(postmasterOf(directory), 'uid')).toBeGreaterThan(0)
  })

  test('runs as the ordinary user who starts it', async () => {
    const directory = temporaryDirectory()
    if (isRoot) await chown(directory, NOBODY.uid, NOBODY.gid)
    const owner = await startPostgresOwner(directory, isRoot ? NOBODY : {})
    expect(owner.error).toBeUndefined()
    expect(await query(owner.url ?? '', 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    expect(processInfo(postmasterOf(directory), 'uid')).toBe(isRoot ? NOBODY.uid : process.getuid?.())
  })

  test.runIf(isRoot)('goes on as the ordinary user who began it when root starts it later', async () => {
    const directory = temporaryDirectory()
    await chown(directory, NOBODY.uid, NOBODY.gid)
    const owner = await startPostgresOwner(directory, NOBODY)
    await commit(owner.url ?? '', 'nobody was here')
    await owner.end('SIGTERM')
    const { url } = await start(directory)
    expect(await committed(url)).toEqual(['nobody was here'])
    expect(processInfo(postmasterOf(directory), 'uid')).toBe(NOBODY.uid)
  })

  test.runIf(isRoot)('tells an ordinary user that the data are of somebody else', async () => {
    const directory = usedDirectory()
    const postgres = await start(directory)
    await postgres.close()
    const { error } = await startPostgresOwner(directory, NOBODY)
    expect(error).toMatch(`${directory}/postgres belongs to another user (uid `)
  })

  test.runIf(isRoot)('names the directory that keeps its user out', async () => {
    const home = join(temporaryDirectory(), 'home')
    await mkdir(home, { mode: 0o700 })
    await expect(start(join(home, 'clone', '.data'))).rejects.toThrow(`chmod o+x '${home}'`)
  })

  test('says what to do where there is none for the platform', async () => {
    await expect(findPostgresBinaries('plan9-mips')).rejects.toThrow(
      /no embedded Postgres for plan9-mips.*Set DATABASE_URL/,
    )
  })

  test('takes a free port, a different one for each directory', async () => {
    const [one, other] = await Promise.all([start(usedDirectory()), start(usedDirectory())])
    expect(new URL(one.url).port).not.toBe(new URL(other.url).port)
    await Promise.all([one, other].map(({ url }) => query(url, 'SELECT 1')))
  })

  test('tries again when another program takes the port in between', async () => {
    const intruder = await takenPort()
    const cluster = await openPostgresCluster(usedDirectory(), { onCreate: () => undefined, isDurable: false })
    onTestFinished(() => stopPostmaster(cluster))
    const failures: string[] = []
    const ownership = await acquirePostgres(cluster, {
      port: intruder.port,
      settings: FAST,
      patienceMs: 10_000,
      signal: new AbortController().signal,
      onRetry: ({ message }) => {
        failures.push(message)
        intruder.close()
      },
    })
    expect(ownership.port).toBe(intruder.port)
    expect(failures[0]).toContain('could not create any TCP/IP sockets')
  })

  test('keeps what was committed from one start to the next', async () => {
    const directory = usedDirectory()
    const first = await start(directory)
    await commit(first.url, 'kept')
    await first.close()
    const second = await start(directory)
    expect(await committed(second.url)).toEqual(['earlier', 'kept'])
  })

  test('leaves no process when it is closed, and closing twice is closing once', async () => {
    const directory = usedDirectory()
    const postgres = await start(directory)
    expect(processesOn(directory)).not.toEqual([])
    await Promise.all([postgres.close(), postgres.close()])
    expect(processesOn(directory)).toEqual([])
    await postgres.close()
  })

  test('is out of the reach of a Ctrl-C in our terminal', async () => {
    const directory = usedDirectory()
    await start(directory)
    const postmaster = postmasterOf(directory)
    expect(processInfo(postmaster, 'sid')).toBe(postmaster)
  })
})
