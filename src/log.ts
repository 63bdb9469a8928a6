import { type Logger, pino } from 'pino'
import pinoPretty from 'pino-pretty'
import type { Config } from './config.js'

export type { Logger }

/**
 * The logger of the process: JSON lines, or lines for people when `config.logFormat` is `pretty`. Tokens and message
 * content never get into it: what carries them is redacted here, and nothing else logs bodies.
 */
export function createLogger(config: Pick<Config, 'logLevel' | 'logFormat'>): Logger {
  const options = {
    level: config.logLevel,
    redact: { paths: ['token', 'authorization', 'content', '*.token', '*.authorization', '*.content'], censor: '…' },
  }
  return config.logFormat === 'pretty'
    ? pino(options, pinoPretty({ ignore: 'pid,hostname', translateTime: 'HH:MM:ss', sync: true }))
    : pino(options)
}
