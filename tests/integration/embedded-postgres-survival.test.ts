import { readdir, watch, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../testkit/directory.js'
import { commit, committed, prepareUsedDirectories, start } from '../testkit/embedded-postgres.js'
import { postmasterOf, processesOn } from '../testkit/postgres-files.js'
import { endProcess, spawnPostgresOwner, startPostgresOwner } from '../testkit/postgres-owner-process.js'

const usedDirectory = prepareUsedDirectories()

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

describe('a second start on one directory', () => {
  test('says which process has it, and does no harm to that one', async () => {
    const directory = usedDirectory()
    const owner = await startPostgresOwner(directory)
    await expect(start(directory)).rejects.toThrow(`${directory} is in use by another process (pid ${owner.processId})`)
    await commit(owner.url ?? '', 'undisturbed')
  })

  test('at the same time as the first one leaves one of them with a whole database', async () => {
    const directory = temporaryDirectory()
    const owners = await Promise.all([startPostgresOwner(directory), startPostgresOwner(directory)])
    const [winner, loser] = owners.toSorted((a) => (a.url ? -1 : 1))
    expect(loser?.error).toContain(`in use by another process (pid ${winner?.processId})`)
    await commit(winner?.url ?? '', 'whole')
    expect((await readdir(directory)).toSorted()).toEqual(['postgres', 'postgres-password', 'postgres.log'])
  })

  test('after a first one that was killed half-way begins anew', async () => {
    const directory = temporaryDirectory()
    const changes = watch(directory)
    const child = spawnPostgresOwner(directory)
    for await (const { filename } of changes)
      if (filename?.startsWith('postgres-draft-') && !filename.includes('password')) break
    await endProcess(child, 'SIGKILL')
    expect(await readdir(directory)).not.toContain('postgres')
    const { url } = await start(directory)
    await commit(url, 'whole')
    expect((await readdir(directory)).toSorted()).toEqual(['postgres', 'postgres-password', 'postgres.log'])
  })
})

describe('after kill -9', () => {
  test('of the owner, the next start takes over the running server, with all that was committed', async () => {
    const directory = usedDirectory()
    const owner = await startPostgresOwner(directory)
    await commit(owner.url ?? '', 'acknowledged')
    const postmaster = postmasterOf(directory)
    await owner.end('SIGKILL')
    const { url } = await start(directory)
    expect(postmasterOf(directory)).toBe(postmaster)
    expect(await committed(url)).toEqual(['earlier', 'acknowledged'])
  })

  test('of Postgres, its living owner has it back at the same URL, with all that was committed, and is still the owner', async () => {
    const directory = usedDirectory()
    const restored = deferred()
    const events: string[] = []
    const { url } = await start(directory, {
      onLost: () => events.push('lost'),
      onRestored: restored.resolve,
    })
    await commit(url, 'acknowledged')
    const postmaster = postmasterOf(directory)
    process.kill(postmaster, 'SIGKILL')
    await restored.promise
    expect(events).toEqual(['lost'])
    expect(postmasterOf(directory)).not.toBe(postmaster)
    expect(await committed(url)).toEqual(['earlier', 'acknowledged'])
    expect((await startPostgresOwner(directory)).error).toContain(`pid ${process.pid}`)
  })

  test('of both, the next start recovers all that was committed', async () => {
    const directory = usedDirectory()
    const owner = await startPostgresOwner(directory)
    await commit(owner.url ?? '', 'acknowledged')
    const postmaster = postmasterOf(directory)
    await owner.end('SIGKILL')
    process.kill(postmaster, 'SIGKILL')
    const { url } = await start(directory)
    expect(await committed(url)).toEqual(['earlier', 'acknowledged'])
  })

  test('of Postgres, closing meanwhile leaves no process', async () => {
    const directory = usedDirectory()
    const lost = deferred()
    const postgres = await start(directory, { onLost: lost.resolve })
    process.kill(postmasterOf(directory), 'SIGKILL')
    await lost.promise
    await postgres.close()
    expect(processesOn(directory)).toEqual([])
    expect(await committed((await start(directory)).url)).toEqual(['earlier'])
  })

  test('a process id in postmaster.pid that belongs to another program by now is no obstacle', async () => {
    const directory = usedDirectory()
    // As after a power failure, or in a container that was started again: same number, same user, another program.
    const elsewhere = usedDirectory()
    await start(elsewhere)
    const claim = [postmasterOf(elsewhere), `${directory}/postgres`, 1, 1, '', '127.0.0.1', '', 'ready', '']
    await writeFile(join(directory, 'postgres', 'postmaster.pid'), claim.join('\n'))
    const { url } = await start(directory)
    expect(await committed(url)).toEqual(['earlier'])
  })
})
