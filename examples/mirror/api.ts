import { setTimeout as pause } from 'node:timers/promises'
import type { TypedDocumentString } from './generated/graphql.js'
import type { Tokens } from './tokens.js'

const ANSWER_WITHIN_MS = 30_000
/** What may be otherwise a little later. */
const PASSING = new Set<unknown>(['RATE_LIMITED', 'SERVICE_UNAVAILABLE', 'INTERNAL_SERVER_ERROR'])

/** Somewhere in the first 0.5 s, 1 s, 2 s … 30 s: so that not all come back in the same moment. */
const pauseMs = (failures: number) => Math.random() * Math.min(30_000, 500 * 2 ** failures)

/** What the service says of an error, for programs. */
interface Extensions {
  readonly code?: string
  readonly field?: string
  readonly retryAfterMs?: number
}

interface Answer<Result> {
  readonly data?: Result | null
  readonly errors?: readonly { readonly message: string; readonly extensions?: Extensions }[]
}

/** The service has refused what was asked, and would again. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
  readonly code: string | undefined
  readonly field: string | undefined

  constructor(message: string, { code, field }: Extensions) {
    super(`The service refuses: ${message}${code === undefined ? '' : ` (${code})`}`)
    this.code = code
    this.field = field
  }
}

/** Nobody could be asked, or the answer was none of the service's. */
class NoAnswerError extends Error {}

export interface ApiOptions {
  readonly url: string
  readonly tokens: Tokens
  /** Ends all asking and waiting, by rejecting. */
  readonly signal: AbortSignal
  /** Is told of each wait. */
  readonly onWait: (why: string, ms: number) => void
}

/** Asks until there is an answer: what is only for now is waited out, and an expired token is replaced. */
export class Api {
  readonly #options: ApiOptions

  constructor(options: ApiOptions) {
    this.#options = options
  }

  /** @throws {RefusedError} when it would be refused again; a fresh token that is refused as well is one of these. */
  async ask<Result, Variables>(
    operation: TypedDocumentString<Result, Variables>,
    variables: Variables,
  ): Promise<Result> {
    const body = JSON.stringify({ query: String(operation), variables })
    let refusedTokens = 0
    for (let failures = 0; ; ) {
      try {
        const token = await this.#token()
        const { data, errors = [] } = await this.#post<Result>(token, body)
        const [error] = errors
        if (!error && data != null) return data
        const { message = 'It says nothing', extensions = {} } = error ?? {}
        if (PASSING.has(extensions.code)) {
          await this.#wait(message, extensions.retryAfterMs ?? pauseMs(failures++))
        } else if (extensions.code === 'UNAUTHENTICATED' && refusedTokens++ === 0) {
          await this.#options.tokens.refuse(token)
        } else throw new RefusedError(message, extensions)
      } catch (error) {
        if (!(error instanceof NoAnswerError)) throw error
        await this.#wait(error.message, pauseMs(failures++))
      }
    }
  }

  async #token(): Promise<string> {
    try {
      return await this.#options.tokens.get()
    } catch (error) {
      throw new NoAnswerError(`There is no token: ${(error as Error).message}`)
    }
  }

  async #post<Result>(token: string, body: string): Promise<Answer<Result>> {
    const { url, signal } = this.#options
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
    try {
      const within = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)])
      const response = await fetch(url, { method: 'POST', headers, body, signal: within })
      return (await response.json()) as Answer<Result>
    } catch (error) {
      signal.throwIfAborted()
      const { message, cause } = error as Error
      throw new NoAnswerError(`No answer from ${url}: ${cause instanceof Error ? cause.message : message}`)
    }
  }

  async #wait(why: string, ms: number): Promise<void> {
    this.#options.onWait(why, ms)
    await pause(ms, undefined, { signal: this.#options.signal })
  }
}
