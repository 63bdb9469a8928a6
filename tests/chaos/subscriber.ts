import { print } from 'graphql'
import type { Client } from 'graphql-ws'
import { WebSocket } from 'ws'
import { subscribe } from '../../examples/resume/graphql-ws.js'
import { reconnectingClient } from '../../examples/resume/reconnecting.js'
import { FOLLOW } from './documents.js'
import type { NodeFront } from './node-front.js'

/** A message as a subscriber got it. */
export interface Delivery {
  readonly sequence: number
  readonly id: string
  readonly content: string | null
  readonly at: number
}

/** Something that happened to a subscriber's connection. */
export interface Incident {
  readonly at: number
  readonly what: string
}

export interface SubscriberOptions {
  readonly name: string
  readonly dealKey: string
  readonly transactionId: string
  readonly token: string
  readonly follows: keyof typeof FOLLOW
  /** Where it begins. */
  readonly after: string
  /** The nodes, the own one first. */
  readonly fronts: readonly [NodeFront, NodeFront]
}

type Message = Omit<Delivery, 'at'>
type Edge = { readonly cursor: string; readonly node: Message | { readonly message?: Message } }

/** Follows a deal as an application does: with the client of `examples/resume`, which comes back and resumes. */
export class Subscriber {
  readonly options: SubscriberOptions
  readonly deliveries: Delivery[] = []
  readonly incidents: Incident[] = []
  /** Called at each delivery. */
  onDelivered: () => void = () => {}
  /** Why it ended, although nobody stopped it; null as long as it didn't. */
  failure: string | null = null
  readonly #client: Client
  #current: NodeFront
  #hasOpened = true

  constructor(options: SubscriberOptions) {
    this.options = options
    this.#current = options.fronts[0]
    this.#client = reconnectingClient({
      url: () => this.#choose().webSocketUrl,
      webSocketImpl: WebSocket,
      token: () => options.token,
    })
    this.#client.on('connected', () => {
      this.#hasOpened = true
    })
    this.#client.on('closed', (event) => {
      const { code, reason } = event as { code?: number; reason?: string }
      this.#note(`closed by ${this.#nodeName()}: ${code} ${reason ?? ''}`.trim())
    })
    const variables = { transactionId: options.transactionId, after: options.after }
    subscribe<Record<string, Edge>>(
      this.#client,
      { query: print(FOLLOW[options.follows]), variables },
      {
        next: ({ data, errors }) => (errors ? this.#fail(errors) : this.#take(data?.[options.follows])),
        error: (reason) => this.#fail(reason),
        complete: () => this.#fail('completed'),
      },
    )
  }

  /** The node that it is connected to, or was last. */
  get front(): NodeFront {
    return this.#current
  }

  /** Back to its own node, if it is with the other. */
  goHome(): void {
    if (this.#current !== this.options.fronts[0]) this.#client.terminate()
  }

  async close(): Promise<void> {
    this.#fail = () => {}
    await this.#client.dispose()
  }

  /** Its own node; when that let nobody in the last time, the other. */
  #choose(): NodeFront {
    const [own, other] = this.options.fronts
    this.#current = this.#hasOpened || this.#current === other ? own : other
    this.#hasOpened = false
    this.#note(`connects to ${this.#nodeName()}`)
    return this.#current
  }

  #nodeName(): string {
    return this.#current === this.options.fronts[0] ? 'its node' : 'the other node'
  }

  #take(edge: Edge | undefined): void {
    const message = edge && 'message' in edge.node ? edge.node.message : edge?.node
    if (message === undefined || !('sequence' in message)) {
      this.#fail(`not a message: ${JSON.stringify(edge)}`)
      return
    }
    this.deliveries.push({ ...message, at: Date.now() })
    this.onDelivered()
  }

  #fail: (reason: unknown) => void = (reason) => {
    this.failure = typeof reason === 'string' ? reason : JSON.stringify(reason)
    this.#note(`ended: ${this.failure}`)
  }

  #note(what: string): void {
    this.incidents.push({ at: Date.now(), what })
  }
}
