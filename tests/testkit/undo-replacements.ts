import { afterAll, vi } from 'vitest'

// The test files of a worker share modules and globals: the next one must find them as they were.
afterAll(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})
