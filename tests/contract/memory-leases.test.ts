import { MemoryLeases } from '../../src/platform/memory-leases.js'
import { describeLeases } from './leases-contract.js'

describeLeases('the leases in memory', () => {
  let now = 1_700_000_000_000
  const leases = new MemoryLeases(() => now)
  const elapse = (ms: number) => {
    now += ms
  }
  return { leases, elsewhere: leases, now: () => now, elapse, close() {} }
})
