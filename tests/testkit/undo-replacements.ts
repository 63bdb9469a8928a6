import { afterAll, vi } from 'vitest'

// The test files of a worker share modules and globals: the next one must find them as they were. vitest restores spies.
afterAll(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})
