/** How much a client may say: so much at once, and so much a second in the long run. */
export class FrameBudget {
  readonly #burst: number
  readonly #perMs: number
  #left: number
  #countedAt: number
  #heldBackMs = 0

  /** @param now milliseconds that only grow. */
  constructor({ burst, perSecond }: { burst: number; perSecond: number }, now: number) {
    this.#burst = burst
    this.#perMs = perSecond / 1000
    this.#left = burst
    this.#countedAt = now
  }

  /**
   * Counts one frame.
   *
   * @param heldBackMs for how long altogether the client wasn't listened to: what it has said meanwhile comes all at
   * once, and is not held against it.
   * @returns whether there was one left.
   */
  take(now: number, heldBackMs: number): boolean {
    const heldBack = heldBackMs - this.#heldBackMs
    const listened = now - this.#countedAt - heldBack
    this.#left = Math.max(this.#left, Math.min(this.#burst, this.#left + listened * this.#perMs))
    this.#left += heldBack * this.#perMs - 1
    this.#countedAt = now
    this.#heldBackMs = heldBackMs
    return this.#left >= 0
  }
}
