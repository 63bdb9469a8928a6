import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { Socket } from 'node:net'
import { freemem, tmpdir } from 'node:os'
import { join } from 'node:path'

const MEMORY_DISK = '/dev/shm'
const NEEDED_BYTES = 2 * 1024 ** 3

/**
 * Makes the directory in which this test run keeps everything; in memory where there is plenty, for tests write much
 * and keep nothing. A sweeper watches over it: however the run ends, also by Ctrl-C or kill -9, the servers in it
 * are stopped and it is removed.
 */
export function createRunDirectory(): string {
  const directory = mkdtempSync(join(hasMemoryDisk() ? MEMORY_DISK : tmpdir(), 'escrow-chat-tests-'))
  letEveryoneEnter(directory)
  const sweeper = spawn(process.execPath, ['--import', 'tsx', 'tests/testkit/sweeper.ts', directory], {
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  sweeper.unref()
  // A pipe is a socket, whatever its type says; open it stays, but the run doesn't wait for it.
  if (sweeper.stdin instanceof Socket) sweeper.stdin.unref()
  return directory
}

/** Under root, Postgres runs as another user, and has to get in. */
export function letEveryoneEnter(directory: string): void {
  chmodSync(directory, 0o711)
}

/** Also while a program that was killed is still busy in it for a moment. */
export function removeDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true, maxRetries: 10 })
}

function hasMemoryDisk(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY_DISK)
    return Math.min(bavail * bsize, freemem()) > NEEDED_BYTES
  } catch {
    return false
  }
}
