import { MemoryEventBus } from '../../src/platform/memory-event-bus.js'
import { describeEventBus } from './event-bus-contract.js'

describeEventBus('the event bus in memory', () => {
  const listenerErrors: unknown[] = []
  const bus = new MemoryEventBus((error) => listenerErrors.push(error))
  return { bus, publisher: bus, listenerErrors, close() {} }
})
