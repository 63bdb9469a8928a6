import { type DestinationStream, type Logger, pino } from 'pino'
import pinoPretty from 'pino-pretty'
import type { Config } from './config.js'

/** Postgres quotes the row that it refuses in the details of its error. */
const QUOTING = ['err.detail', 'err.cause.detail', 'err.meta.driverAdapterError.cause.detail']

/**
 * The logger of the process: JSON lines, or lines for people when `config.logFormat` is `pretty`. Tokens and message
 * content never get into it: what carries them is redacted here, and nothing else logs bodies.
 *
 * @param destination where JSON lines go; the standard output when left out.
 */
export function createLogger(config: Pick<Config, 'logLevel' | 'logFormat'>, destination?: DestinationStream): Logger {
  const carrying = ['token', 'authorization', 'content', '*.token', '*.authorization', '*.content']
  const options = { level: config.logLevel, redact: { paths: [...carrying, ...QUOTING], censor: '…' } }
  return config.logFormat === 'pretty'
    ? pino(options, pinoPretty({ ignore: 'pid,hostname', translateTime: 'HH:MM:ss', sync: true }))
    : pino(options, destination)
}
