import { mkdir, open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import pLimit from 'p-limit'
import { type Api, RefusedError } from './api.js'
import { DealFile, type Line } from './deal-file.js'
import type { MirrorDealsQuery } from './generated/graphql.js'
import { DEALS, ENTRIES } from './operations.js'
import type { Progress } from './progress.js'

const PAGE_SIZE = 100
/** How many deals are read side by side. */
const AT_ONCE = 4

/** A deal of ours, as the list has it. */
export type Deal = MirrorDealsQuery['transactions']['nodes'][number]

export interface MirrorOptions {
  readonly api: Pick<Api, 'ask'>
  readonly progress: Progress
  /** Where the files are. */
  readonly folder: string
}

/** The files of a partner's deals: one a deal, and `deals.jsonl`, which has what else is known of each. */
export class Mirror {
  readonly #options: MirrorOptions
  readonly #files = new Map<string, Promise<DealFile>>()
  readonly #opening = pLimit(AT_ONCE)
  readonly #reading = pLimit(AT_ONCE)
  /** By deal, the reading that has yet to begin: whatever happens until then it finds. */
  readonly #waiting = new Map<string, Promise<void>>()
  /** By deal, the last reading that was asked for. Two of one deal never run side by side. */
  readonly #last = new Map<string, Promise<void>>()
  #deals: ReadonlyMap<string, Deal> = new Map()
  /** Before it lies what has moved since the list was last read. */
  #front: string | null = null

  constructor(options: MirrorOptions) {
    this.#options = options
  }

  /** Looks at every deal, and brings its file up to date. The answer are the deals, the latest activity last. */
  async sweep(): Promise<readonly Deal[]> {
    await mkdir(this.#options.folder, { recursive: true })
    const before = this.#deals
    this.#deals = await this.#list(null)
    const deals = [...this.#deals.values()]
    this.#options.progress.begin(deals.length)
    await this.#bringUpToDate(deals, () => this.#options.progress.dealDone())
    await this.#writeList(deals)
    for (const id of before.keys()) if (!this.#deals.has(id)) this.#options.progress.say(`${id} is not ours any more`)
    return deals
  }

  /** Looks at the deals in which something was said, or the status changed, since the last look; brings those up to date. */
  async follow(): Promise<readonly Deal[]> {
    const moved = await this.#list(this.#front)
    const deals = [...moved.values()]
    await this.#bringUpToDate(deals)
    return deals
  }

  /** Reads what is new in a deal, if there is anything. */
  read(id: string): Promise<void> {
    const waiting = this.#waiting.get(id)
    if (waiting) return waiting
    const reading = (this.#last.get(id) ?? Promise.resolve()).then(() =>
      this.#reading(() => {
        this.#waiting.delete(id)
        return this.#readOn(id)
      }),
    )
    this.#waiting.set(id, reading)
    this.#last.set(id, reading)
    return reading
  }

  /** Up to where the file of a deal is. */
  async cursorOf(id: string): Promise<string | null> {
    return (await this.#fileOf(id)).cursor
  }

  /** Reads the list from there to its front, or from its end, against its order: so nothing is left out. */
  async #list(before: string | null): Promise<Map<string, Deal>> {
    const deals = new Map<string, Deal>()
    for (let cursor = before; ; ) {
      const { nodes, pageInfo } = (await this.#options.api.ask(DEALS, { before: cursor })).transactions
      for (const deal of nodes.toReversed()) {
        // One that moved meanwhile comes again, later.
        deals.delete(deal.id)
        deals.set(deal.id, deal)
      }
      cursor = pageInfo.startCursor ?? cursor
      this.#front = cursor
      if (!pageInfo.hasPreviousPage) return deals
    }
  }

  async #bringUpToDate(deals: readonly Deal[], onDone = () => {}): Promise<void> {
    await Promise.all(
      deals.map(async ({ id, timelineCursor }) => {
        if ((await this.cursorOf(id)) !== timelineCursor) await this.read(id)
        onDone()
      }),
    )
  }

  async #readOn(id: string): Promise<void> {
    const file = await this.#fileOf(id)
    for (;;) {
      const lines = await this.#pageAfter(id, file)
      await file.append(lines)
      this.#options.progress.entriesAdded(lines.length)
      if (lines.length < PAGE_SIZE) return
    }
  }

  /** Nothing when the deal is not ours any more: its file stays as it is, and goes on when the deal comes back. */
  async #pageAfter(id: string, file: DealFile): Promise<readonly Line[]> {
    try {
      const { transaction } = await this.#options.api.ask(ENTRIES, { id, first: PAGE_SIZE, after: file.cursor })
      return transaction?.timeline.edges ?? []
    } catch (error) {
      const isGone = error instanceof RefusedError && error.code === 'BAD_USER_INPUT' && error.field === 'after'
      if (!isGone || file.cursor === null) throw error
      // The service's database was put back to an earlier state.
      this.#options.progress.say(`${id} is shorter than it was: the file of before is ${await file.setAside()}`)
      return this.#pageAfter(id, file)
    }
  }

  /** Opened once: to open one cuts off what is half written. */
  #fileOf(id: string): Promise<DealFile> {
    const known = this.#files.get(id)
    if (known) return known
    // A key may have a colon, which not every file system takes.
    const path = join(this.#options.folder, `${encodeURIComponent(id)}.jsonl`)
    const file = this.#opening(() => DealFile.open(path))
    this.#files.set(id, file)
    return file
  }

  /** Whoever reads it meanwhile sees the old one or the new one. */
  async #writeList(deals: readonly Deal[]): Promise<void> {
    const path = join(this.#options.folder, 'deals.jsonl')
    const file = await open(`${path}.new`, 'w')
    try {
      await file.writeFile(deals.map((deal) => `${JSON.stringify(deal)}\n`).join(''))
      await file.datasync()
    } finally {
      await file.close()
    }
    await rename(`${path}.new`, path)
  }
}
