import { vi } from 'vitest'

/** What takes up subscriptions of one kind. */
interface Followed {
  follow(...args: never[]): Promise<unknown>
}

/** The subscriptions of one kind that a service has taken up: the protocol doesn't say when one has begun. */
export interface Beginnings {
  /** Resolves when there have been that many since the last `forget`, all begun. */
  count(count: number): Promise<void>
  forget(): void
}

/** Watches services take up subscriptions. To be called before the first. */
export function watchBeginnings(prototype: Followed): Beginnings {
  const follow = vi.spyOn(prototype, 'follow')
  return {
    async count(count) {
      await vi.waitUntil(() => follow.mock.results.length >= count, { interval: 5, timeout: 10_000 })
      await Promise.allSettled(follow.mock.results.map(({ value }) => value))
    },
    forget: () => void follow.mockClear(),
  }
}
