import { within } from '../within.js'

/** What is told of how the service is. It says nothing about people. */
export interface Health {
  /** The process answers. */
  live(): { readonly status: 'live' }
  /** Whether requests can be served. Answers within 2 s, also when the database hangs. */
  ready(): Promise<{ readonly isReady: boolean; readonly report: HealthReport }>
}

export interface HealthReport {
  /** Degraded: what happens on other nodes is heard late. */
  readonly status: 'ready' | 'degraded' | 'unavailable'
  readonly database: 'up' | 'down'
  /** What connects the nodes; always up where there is only one. */
  readonly bus: 'up' | 'down'
}

export interface HealthParts {
  /** Resolves when the database answers, and rejects when it doesn't. */
  askDatabase(): Promise<unknown>
  isBusConnected(): boolean
}

const ANSWER_WITHIN_MS = 1_500

export function createHealth({ askDatabase, isBusConnected }: HealthParts): Health {
  /** Of a database that hangs only one question is waiting, however often we are asked. */
  let asking: Promise<boolean> | null = null
  const isDatabaseUp = async () => {
    asking ??= askDatabase()
      .then(
        () => true,
        () => false,
      )
      .finally(() => {
        asking = null
      })
    return (await within(ANSWER_WITHIN_MS, asking)) ?? false
  }
  return {
    live: () => ({ status: 'live' }),
    async ready() {
      const isReady = await isDatabaseUp()
      const bus = isBusConnected() ? 'up' : 'down'
      const status = isReady ? (bus === 'up' ? 'ready' : 'degraded') : 'unavailable'
      return { isReady, report: { status, database: isReady ? 'up' : 'down', bus } }
    },
  }
}
