import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { expect } from 'vitest'
import { decodeCursor } from '../../src/chat/timeline/timeline-cursor.js'
import type { Deal } from '../testkit/seed.js'

/** What all four subscriptions take. */
export interface FollowVariables {
  readonly transactionId: string
  readonly after?: string | null
}

/** A client that was built as an example shows it. Subscribes, and returns how to stop. */
export type Follow = (
  document: TypedDocumentNode<object, FollowVariables>,
  variables: FollowVariables,
  listener: { delivered(data: object): void; ended(extensions: unknown[]): void },
) => () => void

/** Which deal to listen to, and after which cursor. */
export interface Beginning {
  readonly deal: Deal
  readonly after?: string
}

/** Subscribes, and remembers the positions of the timeline that were delivered, as they came. */
export class Hearing {
  readonly positions: number[] = []
  readonly stop: () => void
  /** The extensions of the errors that ended it; null as long as it goes on. */
  #ending: unknown[] | null = null
  #wake: () => void = () => {}

  constructor(follow: Follow, document: TypedDocumentNode<object, FollowVariables>, { deal, after }: Beginning) {
    const variables = after === undefined ? { transactionId: deal.id } : { transactionId: deal.id, after }
    this.stop = follow(document, variables, {
      delivered: (data) => {
        // Who is told of an end must not be told of anything after it.
        expect(this.#ending).toBeNull()
        const [delivery] = Object.values(data) as { cursor: string }[]
        const scope = { transactionKey: deal.key, head: Number.MAX_SAFE_INTEGER }
        this.positions.push(decodeCursor(delivery?.cursor ?? '', 'after', scope))
        this.#wake()
      },
      ended: (extensions) => {
        expect(this.#ending).toBeNull()
        this.#ending = extensions
        this.#wake()
      },
    })
  }

  /** Waits until this many were delivered. Fails when it ends before. */
  async hears(count: number): Promise<void> {
    while (this.positions.length < count && this.#ending === null) await this.#next()
    if (this.positions.length < count) throw new Error(`It ended: ${JSON.stringify(this.#ending)}`)
  }

  /** Waits until what stands at this position was delivered. Fails when it ends before. */
  async reaches(position: number): Promise<void> {
    while ((this.positions.at(-1) ?? 0) < position) await this.hears(this.positions.length + 1)
  }

  /** Waits for the end; the answer are the extensions of its errors. */
  async ends(): Promise<unknown[]> {
    while (this.#ending === null) await this.#next()
    return this.#ending
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}
