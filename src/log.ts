import { type DestinationStream, type Logger, pino } from 'pino'
import pinoPretty from 'pino-pretty'
import type { Config } from './config/config.js'
import { loggedError } from './log-error.js'
import { safeLine, visible } from './log-text.js'

/**
 * The logger of the process: JSON lines, or lines for people when `config.logFormat` is `pretty`. Tokens and message
 * content never get into it: of errors only what quotes nobody is taken over, what carries the rest is redacted here, and
 * nothing else logs bodies. An entry is one line whatever is in it; in `pretty` it has the lines that pino-pretty lays out, and no others.
 *
 * @param destination where the lines go; the standard output when left out.
 */
export function createLogger(config: Pick<Config, 'logLevel' | 'logFormat'>, destination?: DestinationStream): Logger {
  const carrying = ['token', 'authorization', 'content', '*.token', '*.authorization', '*.content']
  const options = {
    level: config.logLevel,
    redact: { paths: carrying, censor: '…' },
    serializers: { err: loggedError, msg: visible },
    hooks: { streamWrite: safeLine },
  }
  return config.logFormat === 'pretty'
    ? pino(options, pinoPretty({ ...PRETTY, ...(destination && { destination }) }))
    : pino(options, destination)
}

const PRETTY = { ignore: 'pid,hostname', translateTime: 'HH:MM:ss', sync: true }
