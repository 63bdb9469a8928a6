/** What is said where nobody said why; everything else says more. */
export const NO_CONNECTION =
  'no connection comes about; see whether it runs, on that port, and whether it wants TLS (rediss)'

export const NO_ANSWER = 'it does not answer'

/** What the words of Redis, ioredis and Node mean, and what to do about it. The first that fits counts. */
const EXPLANATIONS: readonly [words: RegExp, meaning: string][] = [
  [/ECONNREFUSED/, 'it refuses connections (ECONNREFUSED); see whether it runs, and on that port'],
  [/ENOTFOUND|EAI_AGAIN/, 'there is no host of that name (ENOTFOUND)'],
  [/EHOSTUNREACH|ENETUNREACH/, 'there is no way to that host (EHOSTUNREACH)'],
  [/WRONGPASS|invalid password|invalid username/i, 'user name or password are wrong (WRONGPASS)'],
  [/NOAUTH|Authentication required/i, 'it wants a password (NOAUTH), and there is none, or not for this server'],
  [/NOPERM/, 'the user may not use what the service needs (NOPERM): docs/operations.md lists it'],
  [/unknown command.*sentinel/i, 'that is no Sentinel: write redis://, or give the port of the Sentinels'],
  [/invalid reply: null|No such master/i, 'the Sentinels know no master of that name'],
  [/Sentinel instances/, 'that is a Sentinel: write redis+sentinel://host:port/master-name'],
  [/cluster support disabled/i, 'that is no Cluster: write redis://'],
  [/MOVED|part of a Cluster/, 'that is part of a Cluster: write redis+cluster://'],
  [/DB index is out of range/, 'it has no database of that number'],
  [/READONLY/, 'that is a replica (READONLY): give the master, or its Sentinels'],
  [/NOSCRIPT|unknown command/i, 'it lacks a command: Redis 7 or newer is needed'],
  [/wrong version number|packet length too long|EPROTO/, 'it does not speak TLS there: write redis, not rediss'],
  [
    /SELF_SIGNED|self-signed|UNABLE_TO_|unable to (verify|get)|CERT_/i,
    'its certificate is not trusted: give its authority in NODE_EXTRA_CA_CERTS',
  ],
  [/ALTNAME|altnames/, 'its certificate is for another name'],
  [/ETIMEDOUT|timed out|timeout/i, NO_ANSWER],
  [/ECONNRESET|Connection is closed|EPIPE/, NO_CONNECTION],
]

/**
 * Says in words for people what an error of ioredis means. Nothing else of such an error may be logged: some carry the
 * arguments of a command, and with AUTH these are a password.
 */
export function explainRedisError(error: unknown): string {
  const said = [...wordsOf(error)].join(' ')
  return EXPLANATIONS.find(([words]) => words.test(said))?.[1] ?? firstMessage(error)
}

/** The words of an error and of those behind it. */
function* wordsOf(error: unknown): Iterable<string> {
  if (!(error instanceof Error)) return
  if ('code' in error) yield String(error.code)
  yield error.message
  if (error instanceof AggregateError) for (const inner of error.errors) yield* wordsOf(inner)
  if ('lastNodeError' in error) yield* wordsOf(error.lastNodeError)
}

function firstMessage(error: unknown): string {
  return error instanceof Error ? error.message : NO_ANSWER
}
