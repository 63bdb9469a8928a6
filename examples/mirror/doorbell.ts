import type { Client } from 'graphql-ws'
import { WebSocket } from 'ws'
import { subscribe } from '../resume/graphql-ws.js'
import { reconnectingClient } from '../resume/reconnecting.js'
import type { MirrorAdvancedSubscription } from './generated/graphql.js'
import { ADVANCED } from './operations.js'
import type { Tokens } from './tokens.js'

/** As many subscriptions as the service takes over one WebSocket. */
export const MAX_LISTENED_TO = 100
/** With which a socket is closed whose token is refused, or has expired. */
const FORBIDDEN = 4403

export interface DoorbellOptions {
  readonly url: string
  readonly tokens: Tokens
  /** Something has happened in this deal, or may have. */
  readonly onRing: (dealId: string) => void
}

/**
 * Says at once when something happens in one of the deals that it was last told to listen to. Nothing depends on it but how
 * soon one knows: what it misses is found by looking at the list.
 */
export class Doorbell {
  readonly #client: Client
  readonly #onRing: DoorbellOptions['onRing']
  /** By deal, how to stop. The one that was named longest ago comes first. */
  readonly #listening = new Map<string, () => void>()

  constructor({ url, tokens, onRing }: DoorbellOptions) {
    this.#onRing = onRing
    let token = ''
    this.#client = reconnectingClient({
      url: url.replace(/^http/, 'ws'),
      webSocketImpl: WebSocket,
      async token() {
        token = await tokens.get()
        return token
      },
      on: { closed: (event) => (event as { code?: number }).code === FORBIDDEN && void tokens.refuse(token) },
    })
  }

  /** Listens to this deal, from a cursor on; when there are too many, no more to the one that was named longest ago. */
  listenTo(id: string, after: string | null): void {
    const isListening = this.#listening.get(id)
    this.#listening.delete(id)
    this.#listening.set(id, isListening ?? this.#subscribe(id, after))
    const [oldest] = this.#listening
    if (this.#listening.size > MAX_LISTENED_TO && oldest) this.#stop(...oldest)
  }

  async close(): Promise<void> {
    await this.#client.dispose()
  }

  #subscribe(id: string, after: string | null): () => void {
    const request = { query: String(ADVANCED), variables: { id, after } }
    return subscribe<MirrorAdvancedSubscription>(this.#client, request, {
      next: () => this.#onRing(id),
      // Not ours any more, or too many: the list will show.
      error: () => this.#listening.delete(id),
      complete() {},
    })
  }

  #stop(id: string, stop: () => void): void {
    this.#listening.delete(id)
    stop()
  }
}
