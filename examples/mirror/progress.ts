import type { WriteStream } from 'node:tty'

const REDRAW_MS = 200
/** Where there is no terminal, each of them is a line. */
const REPORT_MS = 5_000

/** How far the mirror is, as a line that moves on a terminal, and as a line now and then elsewhere. */
export class Progress {
  readonly #out: Pick<WriteStream, 'write' | 'isTTY'>
  readonly #timer: NodeJS.Timeout
  #deals = { done: 0, total: 0 }
  #entries = 0
  /** When these deals were begun with, and how many entries there were then. */
  #since = { at: performance.now(), entries: 0 }
  #shown = ''

  constructor(out: Pick<WriteStream, 'write' | 'isTTY'>) {
    this.#out = out
    this.#timer = setInterval(() => this.#show(), out.isTTY ? REDRAW_MS : REPORT_MS)
    this.#timer.unref()
  }

  /** So many deals are to be done now. */
  begin(total: number): void {
    this.#deals = { done: 0, total }
    this.#since = { at: performance.now(), entries: this.#entries }
  }

  dealDone(): void {
    this.#deals.done += 1
  }

  entriesAdded(count: number): void {
    this.#entries += count
  }

  /** How far it is, in words. */
  toString(): string {
    const seconds = (performance.now() - this.#since.at) / 1000
    const perSecond = (this.#entries - this.#since.entries) / seconds
    return `${this.#counts()}, ${Math.round(perSecond).toLocaleString('en')} entries/s`
  }

  /** Says something, on a line of its own. */
  say(text: string): void {
    this.#out.write(this.#out.isTTY ? `\r\u001b[2K${text}\n` : `${text}\n`)
  }

  end(): void {
    clearInterval(this.#timer)
    if (this.#out.isTTY) this.#out.write('\r\u001b[2K')
  }

  #counts(): string {
    const [done, total, entries] = [this.#deals.done, this.#deals.total, this.#entries].map((count) =>
      count.toLocaleString('en'),
    )
    return `${done}/${total} deals, ${entries} entries`
  }

  #show(): void {
    if (this.#out.isTTY) this.#out.write(`\r\u001b[2K${this}`)
    else if (this.#counts() !== this.#shown) this.#out.write(`${this}\n`)
    this.#shown = this.#counts()
  }
}
