import { exec } from 'node:child_process'
import { parseArgs, promisify } from 'node:util'

export interface Settings {
  readonly url: string
  /** Gives a token each time that a fresh one is needed. */
  readonly token: () => Promise<string>
  readonly folder: string
  /** Whether to end as soon as everything is there. */
  readonly isOnce: boolean
  readonly sweepEveryMs: number
}

/** The variables of the environment that are read. */
export const VARIABLES = ['ESCROW_CHAT_URL', 'ESCROW_CHAT_TOKEN', 'ESCROW_CHAT_TOKEN_COMMAND'] as const

export const USAGE = `npm run mirror -- [--to <folder>] [--once] [--every <seconds>]

  --to <folder>      where the files are; 'mirror' when left out
  --once             ends as soon as everything is there
  --every <seconds>  how often all deals are looked at; 60 when left out

${VARIABLES.join(', ')}: examples/mirror/README.md says more.`

/** @throws when something is missing or wrong; the message says what. */
export function readSettings(args: string[], env: Partial<Record<(typeof VARIABLES)[number], string>>): Settings {
  const values = readOptions(args)
  const every = Number(values.every)
  if (!(every > 0)) throw new Error(`--every takes a number of seconds: 60 for example, and not ${values.every}`)
  return {
    url: env.ESCROW_CHAT_URL || 'http://localhost:4000/graphql',
    token: tokenFrom(env.ESCROW_CHAT_TOKEN, env.ESCROW_CHAT_TOKEN_COMMAND),
    folder: values.to,
    isOnce: values.once,
    sweepEveryMs: every * 1000,
  }
}

function readOptions(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        to: { type: 'string', default: 'mirror' },
        once: { type: 'boolean', default: false },
        every: { type: 'string', default: '60' },
      },
    })
    return values
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${USAGE}`)
  }
}

function tokenFrom(token: string | undefined, command: string | undefined): Settings['token'] {
  if (command) return async () => (await promisify(exec)(command)).stdout.trim()
  if (token) return async () => token
  throw new Error('Set ESCROW_CHAT_TOKEN to a token, or ESCROW_CHAT_TOKEN_COMMAND to a command that prints one.')
}
