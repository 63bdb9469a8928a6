import { createTokenIssuer, type TokenIssuer } from './auth/token-issuer.js'
import { composeRooms } from './compose-rooms.js'
import { composeDocuments, composeTransports } from './compose-transports.js'
import { configWarnings } from './config/warnings.js'
import { seedDemo } from './demo/demo-data.js'
import type { Services } from './graphql/context.js'
import { createMetrics } from './metrics.js'
import { type Closable, closeAll } from './platform/close-all.js'
import { openPlatform, type PlatformOptions } from './platform/platform.js'
import { asStep } from './platform/start-step.js'
import { type Address, startHttpServer } from './transport/listener.js'

/** A service that runs. */
export interface Service {
  readonly address: Address
  /** What the service does, for those in the same process: demo data and tests. */
  readonly services: Services
  /** Signs tokens for the demo people; null when the keys are elsewhere. */
  readonly issueToken: TokenIssuer | null
  /** Finishes what is under way, closes every socket, and stops all that was started. */
  close(): Promise<void>
}

/**
 * Starts everything: platform, rooms, schema, transports.
 *
 * @throws {StartupError} when it can't be; then nothing is left running.
 */
export async function startService(options: Omit<PlatformOptions, 'metrics'>): Promise<Service> {
  const { config, log, beginStep } = options
  const started: Closable[] = []
  let closed: Promise<void> | undefined
  for (const { level, message } of configWarnings(config)) log[level](message)
  try {
    const documents = await composeDocuments(config)
    const metrics = createMetrics()
    const platform = await openPlatform({ ...options, metrics })
    started.push(platform)
    metrics.watchBus(platform.bus)
    const rooms = composeRooms(platform, config, log, metrics)
    // After the sockets, and before the platform.
    started.push({ name: 'The presence of who is connected', close: () => rooms.people.close() })
    if (config.hasDemo) {
      const seed = () => seedDemo(platform.database.prisma, rooms.services)
      await asStep(beginStep('Demo people and deals'), seed, (outcome) => outcome)
    }
    const { door, ...handlers } = composeTransports(platform, rooms, { config, log, metrics, documents })
    const server = await startHttpServer(
      { host: config.host, port: config.port },
      { ...handlers, onUpgrade: door.upgrade, limits: config.limits },
    )
    // At the same time: the server takes nobody new while the sockets go, and is closed when they are gone.
    started.push({
      name: 'The transports',
      close: async () => void (await Promise.all([server.close(), door.close()])),
    })
    const { tokenKeys } = platform
    return {
      address: server.address,
      services: rooms.services,
      issueToken: 'secret' in tokenKeys ? createTokenIssuer(tokenKeys.secret, config.tokens) : null,
      close: () => {
        closed ??= closeAll(started)
        return closed
      },
    }
  } catch (error) {
    await closeAll(started)
    throw error
  }
}
