import { CloseCode } from 'graphql-ws'
import type { Admit } from '../auth/admit.js'
import type { Viewer } from '../auth/viewer.js'
import type { Limits } from '../config/limits.js'
import { RateLimitedError, UnauthenticatedError } from '../errors.js'
import { Deadline } from '../graphql/deadline.js'
import type { Metrics } from '../metrics.js'
import type { Connection } from './connection.js'
import { type ProtocolSocket, TRY_AGAIN_LATER } from './protocol-socket.js'
import { callAt } from './timer.js'

/** What becomes of a viewer who has come over a socket. */
export interface Arrival {
  /** Whether there is room for one more socket of theirs. Never rejects. */
  readonly hasRoom: Promise<boolean>
  /** To be called once, when the socket begins to close, whether there was room or not. */
  leave(): void
}

/**
 * Hears that a client has shown a good token.
 *
 * @param close closes the socket with 4403 and a reason, for what happens to the viewer later.
 */
export type OnArrival = (viewer: Viewer, close: (reason: string) => void) => Arrival

export interface WelcomeOptions {
  readonly admit: Admit
  readonly onArrival: OnArrival
  readonly limits: Pick<Limits, 'executionTimeoutMs'>
  readonly metrics: Pick<Metrics, 'countRateLimited'>
}

/** Lets a client in by its token. @returns whether it may stay; when it may not, the socket is closing. */
export async function welcome(
  connection: Connection,
  token: string | null,
  { admit, onArrival, limits, metrics }: WelcomeOptions,
): Promise<boolean> {
  const { socket, address } = connection
  try {
    connection.viewer = await new Deadline(limits.executionTimeoutMs).keep(admit(token, address))
  } catch (error) {
    turnAway(socket, error)
  }
  if (!connection.viewer || !socket.isOpen) return false
  const close = (reason: string) => socket.close(CloseCode.Forbidden, reason)
  const stopExpiry = callAt(connection.viewer.tokenExpiresAt, () => close('Token expired'))
  const arrival = onArrival(connection.viewer, close)
  // Whatever became of the socket meanwhile, this is called: a promise tells those too who come late.
  void socket.closing.then(() => {
    stopExpiry()
    arrival.leave()
  })
  const hasRoom = await arrival.hasRoom
  if (hasRoom || !socket.isOpen) return socket.isOpen
  metrics.countRateLimited('sockets')
  socket.close(TRY_AGAIN_LATER, 'Too many sockets')
  return false
}

function turnAway(socket: ProtocolSocket, error: unknown): void {
  if (error instanceof UnauthenticatedError) socket.close(CloseCode.Forbidden, 'Forbidden')
  else if (error instanceof RateLimitedError) {
    // As if it were only refused: a client that has a better token, behind the same address, comes back with it.
    socket.close(CloseCode.Forbidden, 'Too many failed authentications')
  } else {
    // It is we who can't, and the client shall come back.
    socket.log.warn({ err: error }, 'A connection could not be authenticated')
    socket.close(TRY_AGAIN_LATER, 'Try again later')
  }
}
