import type { WebSocket } from 'ws'
import type { Limits } from '../config/limits.js'
import type { Metrics } from '../metrics.js'
import { FrameBudget } from './frame-budget.js'
import type { ProtocolSocket } from './protocol-socket.js'

/** graphql-ws clients don't come back by themselves. */
const TOO_MANY_REQUESTS = 4429

export interface FrameLimit {
  readonly limits: Pick<Limits, 'framesPerSecond' | 'frameBurst'>
  readonly metrics: Pick<Metrics, 'countRateLimited'>
}

/** Closes a socket whose client says more than it may: messages, and pings and pongs of WebSocket itself. */
export function limitFrames(socket: ProtocolSocket, webSocket: WebSocket, { limits, metrics }: FrameLimit): void {
  const rate = { burst: limits.frameBurst, perSecond: limits.framesPerSecond }
  const budget = new FrameBudget(rate, performance.now())
  const count = () => {
    if (!socket.isOpen || budget.take(performance.now(), socket.heldBackMs)) return
    metrics.countRateLimited('frames')
    socket.close(TOO_MANY_REQUESTS, 'Too many messages')
  }
  for (const event of ['message', 'ping', 'pong']) webSocket.on(event, count)
}
