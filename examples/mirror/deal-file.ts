import { type FileHandle, open, rename } from 'node:fs/promises'

/** What a line is: an entry, and the cursor behind it. */
export interface Line {
  readonly cursor: string
  readonly node: { readonly position: number }
}

const CHUNK_BYTES = 65_536
const NEWLINE = 10

/**
 * A deal's file, with a line for each entry of its timeline. It is its own bookmark: the last whole line says where to go
 * on. So what is remembered and what is there can't differ, whenever the program dies; a line that it died in is cut off.
 */
export class DealFile {
  readonly path: string
  #last: Line | null

  private constructor(path: string, last: Line | null) {
    this.path = path
    this.#last = last
  }

  static async open(path: string): Promise<DealFile> {
    const file = await open(path, 'a+')
    try {
      const { size } = await file.stat()
      const end = (await lastNewline(file, size)) + 1
      if (end < size) await file.truncate(end)
      return new DealFile(path, end === 0 ? null : await readLine(file, (await lastNewline(file, end - 1)) + 1, end))
    } finally {
      await file.close()
    }
  }

  /** Where to go on; null: at the beginning. */
  get cursor(): string | null {
    return this.#last?.cursor ?? null
  }

  /**
   * Adds what comes next, and returns when the disk has it.
   *
   * @throws when it isn't what comes next, and when it can't be written: then the file must be opened anew.
   */
  async append(lines: readonly Line[]): Promise<void> {
    const last = lines.at(-1)
    if (!last) return
    let position = this.#last?.node.position ?? 0
    for (const { node } of lines) {
      position += 1
      if (node.position === position) continue
      throw new Error(
        `${this.path}: entry ${node.position} came, and ${position} is next. Nothing was written; start again.`,
      )
    }
    const file = await open(this.path, 'a')
    try {
      await file.writeFile(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
      await file.datasync()
    } finally {
      await file.close()
    }
    this.#last = last
  }

  /** Puts the file aside, under another name, and begins at the beginning. */
  async setAside(): Promise<string> {
    const aside = `${this.path}.${new Date().toISOString().replaceAll(':', '')}`
    await rename(this.path, aside)
    this.#last = null
    return aside
  }
}

/** Where the last newline before `end` is; -1 when there is none. */
async function lastNewline(file: FileHandle, end: number): Promise<number> {
  for (let to = end; to > 0; to -= CHUNK_BYTES) {
    const from = Math.max(0, to - CHUNK_BYTES)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(to - from), 0, to - from, from)
    const index = buffer.subarray(0, bytesRead).lastIndexOf(NEWLINE)
    if (index >= 0) return from + index
  }
  return -1
}

async function readLine(file: FileHandle, start: number, end: number): Promise<Line> {
  const { buffer } = await file.read(Buffer.alloc(end - start), 0, end - start, start)
  return JSON.parse(buffer.toString())
}
