import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { kill, pid } from 'node:process'

/** Makes sure that nobody else writes into a folder; the answer gives it back. One who was killed holds it no longer. */
export async function lock(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'mirror.lock')
  await mkdir(folder, { recursive: true })
  for (;;) {
    try {
      await writeFile(path, String(pid), { flag: 'wx' })
      return () => rm(path, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const holder = Number(await readFile(path, 'utf8').catch(() => ''))
    if (holder !== pid && isAlive(holder)) {
      throw new Error(`Another mirror writes into ${folder} (pid ${holder}). If there is none, remove ${path}.`)
    }
    await rm(path, { force: true })
  }
}

function isAlive(processId: number): boolean {
  if (!(processId > 0)) return false
  try {
    return kill(processId, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
