/** What is told of how the service is. It says nothing about people. */
export interface Health {
  /** The process answers. */
  live(): { readonly status: 'live' }
  /** Whether requests can be served. */
  ready(): Promise<{ readonly isReady: boolean; readonly report: HealthReport }>
}

export interface HealthReport {
  readonly status: 'ready' | 'unavailable'
  readonly database: 'up' | 'down'
}

/** @param askDatabase resolves when the database answers, and rejects when it doesn't. */
export function createHealth(askDatabase: () => Promise<unknown>): Health {
  return {
    live: () => ({ status: 'live' }),
    async ready() {
      const isReady = await askDatabase().then(
        () => true,
        () => false,
      )
      return {
        isReady,
        report: isReady ? { status: 'ready', database: 'up' } : { status: 'unavailable', database: 'down' },
      }
    },
  }
}
