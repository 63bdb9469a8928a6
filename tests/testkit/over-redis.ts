import { inject, test } from 'vitest'

/** A test of what nodes do together: it is there where the tests run over Redis, and nowhere else. */
export function testOverRedis(name: string, run: () => Promise<void>): void {
  if (inject('isOverRedis')) test(name, run)
}
