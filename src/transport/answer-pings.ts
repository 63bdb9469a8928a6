import type { WebSocket } from 'ws'

/**
 * Answers the pings of a client, which need not read the answers: while one waits, only the last of the others is kept,
 * as RFC 6455, 5.5.3 allows. `ws` by itself would queue 60 and then cut the connection off.
 */
export function answerPings(socket: WebSocket): void {
  let isWaiting = false
  let last: Buffer | null = null
  const answer = (data: Buffer) => {
    if (socket.readyState !== socket.OPEN) return
    isWaiting = true
    socket.pong(data, false, () => {
      isWaiting = false
      if (last === null) return
      const next = last
      last = null
      answer(next)
    })
  }
  socket.on('ping', (data) => {
    // A copy: what came is a view of all that came with it.
    if (isWaiting) last = Buffer.from(data)
    else answer(data)
  })
}
