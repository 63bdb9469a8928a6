import { type Variable, variable, wholeNumber } from './variable.js'

function limit(description: string, smallest: number, largest: number, usual: number): Variable<number> {
  return variable(description, wholeNumber(smallest, largest).default(usual), String(usual))
}

/** What is refused as too much, or as too slow: every limit that can be set. */
export const limitVariables = {
  MAX_BODY_BYTES: limit('The largest body of an HTTP request, in bytes.', 1_024, 104_857_600, 262_144),
  MAX_HEADER_BYTES: limit(
    'The largest head of an HTTP request, all headers together, in bytes.',
    4_096,
    1_048_576,
    16_384,
  ),
  REQUEST_TIMEOUT_MS: limit(
    'How long a client may take to send an HTTP request, head and body, in milliseconds.',
    100,
    600_000,
    10_000,
  ),
  MAX_QUERY_TOKENS: limit(
    'How many tokens a GraphQL document may have, how many comments, and how many values its variables.',
    10,
    1_000_000,
    1_000,
  ),
  MAX_QUERY_DEPTH: limit('How deep the fields of a GraphQL operation may be nested.', 1, 1_000, 10),
  MAX_QUERY_ALIASES: limit(
    'How many aliases a GraphQL operation may use, each counted as often as it is used.',
    0,
    100_000,
    15,
  ),
  MAX_QUERY_DIRECTIVES: limit(
    'How many directives a GraphQL operation may use, each counted as often as it is used.',
    0,
    100_000,
    20,
  ),
  MAX_QUERY_COST: limit(
    'What an operation may cost: a field 1, a connection times its page size, a plain list times 5.',
    1,
    100_000_000,
    5_000,
  ),
  MAX_ANSWER_BYTES: limit(
    'How much of what people wrote an answer may hold, in bytes.',
    1_024,
    1_073_741_824,
    8_388_608,
  ),
  MAX_ANSWER_ITEMS: limit(
    'How many items the plain lists of an answer may have altogether, such as the participants of transactions.',
    100,
    1_000_000,
    5_000,
  ),
  EXECUTION_TIMEOUT_MS: limit(
    'How long an operation may take, or an event of a subscription, in milliseconds. It is a little under 5 s, so that the refusal is there within 5 s.',
    100,
    600_000,
    4_500,
  ),
  SENDS_PER_SECOND: limit('How many messages a user may send in a second, in the long run.', 1, 100_000, 20),
  SEND_BURST: limit('How many messages a user may send at once.', 1, 100_000, 60),
  OPERATIONS_PER_MINUTE: limit(
    'How many operations a user may ask for in a minute, sent messages not counted.',
    1,
    10_000_000,
    600,
  ),
  PARTNER_OPERATIONS_PER_MINUTE: limit('How many operations a partner may ask for in a minute.', 1, 10_000_000, 1_200),
  ANONYMOUS_OPERATIONS_PER_MINUTE: limit(
    'How many operations may come from one address in a minute without a token, where introspection is on.',
    1,
    10_000_000,
    60,
  ),
  FAILED_AUTHENTICATIONS_PER_MINUTE: limit(
    'How many tokens may be refused in a minute to one address.',
    1,
    10_000_000,
    20,
  ),
  MAX_SOCKETS_PER_USER: limit('How many WebSockets a user may have open, on all nodes together.', 1, 10_000, 10),
  MAX_SUBSCRIPTIONS_PER_SOCKET: limit('How many subscriptions a WebSocket may have.', 1, 10_000, 100),
  MAX_FRAME_BYTES: limit(
    'The largest message that a WebSocket client may send, all its fragments together, in bytes.',
    1_024,
    104_857_600,
    65_536,
  ),
  MAX_FRAME_FRAGMENTS: limit('In how many fragments a WebSocket client may send a message.', 1, 10_000, 64),
  FRAMES_PER_SECOND: limit(
    'How many messages a WebSocket client may send in a second, in the long run.',
    1,
    100_000,
    50,
  ),
  FRAME_BURST: limit('How many messages a WebSocket client may send at once.', 1, 100_000, 200),
  CONNECTION_INIT_TIMEOUT_MS: limit(
    'How long a WebSocket client may take to show its token, in milliseconds.',
    100,
    600_000,
    3_000,
  ),
  CONNECTION_ACK_TIMEOUT_MS: limit(
    'How long it may take to check the token of a WebSocket client before the socket is closed, in milliseconds.',
    100,
    600_000,
    10_000,
  ),
  PING_INTERVAL_MS: limit(
    'How often a WebSocket client is pinged, and how long it may take to answer, in milliseconds.',
    100,
    600_000,
    12_000,
  ),
  WRITE_STALL_TIMEOUT_MS: limit(
    'How long a client may read nothing of what it is owed before its connection is closed, in milliseconds.',
    100,
    600_000,
    10_000,
  ),
  MAX_OWED_BYTES: limit(
    'How much a WebSocket client may be owed before it is not listened to any more, in bytes.',
    16_384,
    104_857_600,
    1_048_576,
  ),
  MAX_CONTENT_LENGTH: limit('The longest message, in characters (code points).', 1, 100_000, 10_000),
  MAX_CLIENT_MESSAGE_ID_LENGTH: limit(
    'The longest `clientMessageId` and `idempotencyKey`, in characters.',
    36,
    512,
    128,
  ),
  MAX_PAGE_SIZE: limit('The largest page of a connection.', 1, 1_000, 100),
  DATABASE_STATEMENT_TIMEOUT_MS: limit(
    'How long a statement may take in Postgres, in milliseconds.',
    100,
    600_000,
    5_000,
  ),
  DATABASE_LOCK_TIMEOUT_MS: limit(
    'How long a statement may wait for a lock in Postgres, in milliseconds. Sends wait for 500 at most.',
    10,
    600_000,
    500,
  ),
  DATABASE_POOL_TIMEOUT_MS: limit(
    'How long is waited for a free connection to Postgres, in milliseconds.',
    10,
    600_000,
    2_000,
  ),
  DATABASE_IDLE_TIMEOUT_MS: limit(
    'How long a database transaction may do nothing before Postgres ends it, in milliseconds.',
    100,
    600_000,
    10_000,
  ),
} satisfies Record<string, Variable<number>>

type LimitVariable = keyof typeof limitVariables

/** `MAX_BODY_BYTES` is `maxBodyBytes`. */
type CamelCase<Name extends string> = Name extends `${infer Word}_${infer Rest}`
  ? `${Lowercase<Word>}${Capitalize<CamelCase<Rest>>}`
  : Lowercase<Name>

/** The limits, by the names of their variables in camel case. */
export type Limits = { readonly [Name in LimitVariable as CamelCase<Name>]: number }

export function limitsOf(env: Readonly<Record<LimitVariable, number>>): Limits {
  const names = Object.keys(limitVariables) as LimitVariable[]
  return Object.fromEntries(names.map((name) => [camelCase(name), env[name]])) as Limits
}

function camelCase(name: string): string {
  return name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
}
