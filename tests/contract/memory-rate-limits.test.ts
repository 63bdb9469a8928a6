import { createMetrics } from '../../src/metrics.js'
import { MemoryRateLimits } from '../../src/platform/memory-rate-limits.js'
import { refusalsOf } from '../testkit/metric.js'
import { SMALL_LIMITS } from '../testkit/small-limits.js'
import { describeRateLimits } from './rate-limits-contract.js'

describeRateLimits('the rate limits in memory', () => {
  const metrics = createMetrics()
  const rateLimits = new MemoryRateLimits({ limits: SMALL_LIMITS, metrics })
  return { rateLimits, elsewhere: rateLimits, refusals: (name) => refusalsOf(metrics, name), close() {} }
})
