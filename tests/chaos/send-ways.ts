import { print } from 'graphql'
import { type Client, createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import type { ChaosSendMutation } from '../generated/graphql.js'
import { SEND } from './documents.js'
import type { NodeFront } from './node-front.js'

/** What is sent. */
export interface Envelope {
  readonly transactionId: string
  readonly content: string
  readonly clientMessageId: string
}

/** The message as the acknowledgement of a send has it. */
export type AcknowledgedMessage = ChaosSendMutation['sendMessage']['message']

/** What came of one try: an acknowledgement, a refusal with its code, no answer because the connection broke, or nothing at all. */
export type Outcome =
  | { readonly kind: 'ACKNOWLEDGED'; readonly message: AcknowledgedMessage }
  | { readonly kind: 'REFUSED'; readonly code: string }
  | { readonly kind: 'NO ANSWER'; readonly reason: string }
  | { readonly kind: 'HANGS' }

/** A way to send through a node. It never rejects. */
export interface SendWay {
  send(front: NodeFront, envelope: Envelope): Promise<Outcome>
  close(): Promise<void>
}

/** So long no try may take; then it counts as hanging, and is given up. */
const GIVE_UP_MS = 20_000
/** How a node ends a socket without a fault of the client; 1005 and 1006 stand for a connection that broke. */
const PASSING_CLOSE_CODES = [1005, 1006, 1012, 1013]

type SendResult = {
  readonly data?: ChaosSendMutation | null | undefined
  readonly errors?: readonly { readonly extensions?: { readonly code?: unknown } | undefined }[] | undefined
}

function outcomeOf({ data, errors }: SendResult): Outcome {
  const [error] = errors ?? []
  if (error) return { kind: 'REFUSED', code: String(error.extensions?.code) }
  return data ? { kind: 'ACKNOWLEDGED', message: data.sendMessage.message } : { kind: 'REFUSED', code: 'NO DATA' }
}

export function sendOverHttp(token: string): SendWay {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  return {
    async send(front, input) {
      try {
        const body = JSON.stringify({ query: print(SEND), variables: { input } })
        const signal = AbortSignal.timeout(GIVE_UP_MS)
        const response = await fetch(front.url, { method: 'POST', headers, body, signal })
        return outcomeOf((await response.json()) as SendResult)
      } catch (error) {
        const { name, message, cause } = error as Error
        if (name === 'TimeoutError') return { kind: 'HANGS' }
        // With this error `fetch` tells that the connection broke.
        if (name !== 'TypeError') return { kind: 'REFUSED', code: `${name}: ${message}` }
        return { kind: 'NO ANSWER', reason: (cause as Error | undefined)?.message ?? message }
      }
    },
    async close() {},
  }
}

/** One socket a node, opened again by the next send when it was closed. */
export function sendOverWebSocket(token: string): SendWay {
  const clients = new Map<NodeFront, Client>()
  const clientOf = (front: NodeFront) => {
    const client =
      clients.get(front) ??
      createClient({
        url: front.webSocketUrl,
        webSocketImpl: WebSocket,
        connectionParams: { token },
        retryAttempts: 0,
        lazyCloseTimeout: 60_000,
      })
    clients.set(front, client)
    return client
  }
  return {
    send: (front, input) => sendOnce(clientOf(front), { query: print(SEND), variables: { input } }),
    async close() {
      await Promise.all([...clients.values()].map((client) => client.dispose()))
    },
  }
}

function sendOnce(client: Client, payload: { query: string; variables: Record<string, unknown> }): Promise<Outcome> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve({ kind: 'HANGS' }), GIVE_UP_MS)
    const settle = (outcome: Outcome) => {
      clearTimeout(timer)
      resolve(outcome)
    }
    client.subscribe<ChaosSendMutation>(payload, {
      next: (result) => settle(outcomeOf(result)),
      error: (reason) => settle(Array.isArray(reason) ? outcomeOf({ errors: reason }) : closeOutcome(reason)),
      complete: () => settle({ kind: 'REFUSED', code: 'COMPLETED WITHOUT AN ANSWER' }),
    })
  })
}

function closeOutcome(reason: unknown): Outcome {
  const code = (reason as { code?: unknown }).code
  if (typeof code === 'number' && !PASSING_CLOSE_CODES.includes(code)) return { kind: 'REFUSED', code: `CLOSE ${code}` }
  return { kind: 'NO ANSWER', reason: `close ${String(code)}` }
}
