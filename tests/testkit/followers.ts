import { vi } from 'vitest'
import { TimelineFollowers } from '../../src/chat/timeline/timeline-followers.js'

/** What the service of this process listens to: to be called before the first subscription. */
export function watchFollowers(): { readonly size: number } {
  const borrow = vi.spyOn(TimelineFollowers.prototype, 'borrow')
  return {
    /** How many deals are followed. */
    get size() {
      const [followers] = borrow.mock.contexts
      return followers instanceof TimelineFollowers ? followers.size : 0
    },
  }
}
