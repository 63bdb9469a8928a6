import { afterAll, vi } from 'vitest'

// The test files of a worker share what they import: what one of them has replaced must not be so for the next.
afterAll(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})
