import type { GraphQLFormattedError } from 'graphql'
import { type Frame, RawSocket } from '../testkit/raw-socket.js'

export const DOORS = ['HTTP', 'WebSocket'] as const
export type Door = (typeof DOORS)[number]

/** What came back, whichever way. */
export interface Answer {
  readonly data?: unknown
  readonly errors?: readonly GraphQLFormattedError[]
}

/** Everybody's refusal without a good token: over HTTP in the body, for a socket by its close code. */
const TURNED_AWAY: Answer = { errors: [{ message: '', extensions: { code: 'UNAUTHENTICATED' } }] }

/** Asks over HTTP; without a token when it is null. */
export async function askOverHttp(url: string, token: string | null, query: string): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token !== null && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query }),
  })
  return (await response.json()) as Answer
}

/** Asks through a socket that lets nobody in: it is closed before anything is answered. */
export async function askUnwelcome(url: string, token: string | null, query: string): Promise<Answer> {
  const socket = await RawSocket.open(url, { protocol: 'graphql-transport-ws' })
  socket.send({ type: 'connection_init', ...(token !== null && { payload: { token } }) })
  const { code } = await socket.closed
  const answered = await socket.next().catch(() => null)
  if (code !== 4403 || answered) throw new Error(`Closed with ${code}, after ${JSON.stringify(answered)}: ${query}`)
  return TURNED_AWAY
}

/** A subscription as it stands on a socket. */
export interface Subscribed {
  /** Why it didn't begin; null when it has. */
  readonly refusal: Answer | null
  next(): Promise<Answer>
  stop(): void
}

/** A socket that was let in, and many operations on it, one waited for after the other. */
export class OpenSocket {
  readonly #socket: RawSocket
  #operations = 0

  private constructor(socket: RawSocket) {
    this.#socket = socket
  }

  static async open(url: string, token: string): Promise<OpenSocket> {
    return new OpenSocket(await RawSocket.connect(url, token))
  }

  /** A query or mutation. */
  async ask(query: string): Promise<Answer> {
    const id = this.#begin(query)
    const answer = await this.#answerTo(id)
    if (!answer.errors || 'data' in answer) await this.#frameOf(id)
    return answer
  }

  /** Subscribes; resolves when it has begun, or was refused. */
  async subscribe(query: string): Promise<Subscribed> {
    const id = this.#begin(query)
    const held: Frame[] = []
    // What is asked after it is answered when it has begun.
    const after = this.#begin('{ viewer { id } }')
    for (let frame = await this.#socket.next(); frame.id !== after || frame.type !== 'complete'; ) {
      if (frame.id === id) held.push(frame)
      frame = await this.#socket.next()
    }
    const first = held[0]
    return {
      refusal: first?.type === 'error' ? answerOf(first) : null,
      next: async () => {
        const frame = held.shift()
        return frame ? answerOf(frame) : this.#answerTo(id)
      },
      stop: () => this.#socket.send({ type: 'complete', id }),
    }
  }

  close(): Promise<void> {
    return this.#socket.close()
  }

  #begin(query: string): string {
    this.#operations += 1
    const id = String(this.#operations)
    this.#socket.subscribe(id, query)
    return id
  }

  async #answerTo(id: string): Promise<Answer> {
    return answerOf(await this.#frameOf(id))
  }

  /** What comes for operations that nobody waits for any more is passed over. */
  async #frameOf(id: string): Promise<Frame> {
    let frame = await this.#socket.next()
    while (frame.id !== id) frame = await this.#socket.next()
    return frame
  }
}

function answerOf({ type, payload }: Frame): Answer {
  if (type === 'next') return payload as Answer
  if (type === 'error') return { errors: payload as readonly GraphQLFormattedError[] }
  throw new Error(`Ended with ${type}`)
}
