/** A request that wants to cost much, or to be misread. */
export interface HostileRequest {
  readonly what: string
  /** The JSON of its body, or of its payload; some of it is too deep to be made by `JSON.stringify`. */
  readonly payload: string
}

/** Nearly, and divisible by all that it is divided by. */
const KIB = 960
const LARGE = 240 * KIB
const SMALL = 48 * KIB

const many = (times: number, part: string | ((index: number) => string)) =>
  Array.from({ length: times }, (_, index) => (typeof part === 'string' ? part : part(index))).join(' ')

/** As many parts as there may be tokens. */
function filled(open: string, part: string | ((index: number) => string), close: string): string {
  const tokensOf = (text: string) => text.match(/"[^"]*"|\w+|\.\.\.|[^\s,\w]/g)?.length ?? 0
  const partAt = (index: number) => (typeof part === 'string' ? part : part(index))
  const parts: string[] = []
  let tokens = tokensOf(open) + tokensOf(close) + tokensOf(partAt(0))
  while (tokens <= 1_000) {
    parts.push(partAt(parts.length))
    tokens += tokensOf(partAt(parts.length))
  }
  return `${open} ${parts.join(' ')} ${close}`
}

const ENTRIES = [
  'MessageSent',
  'MessageEdited',
  'MessageDeleted',
  'StatusChanged',
  'ParticipantJoined',
  'ParticipantLeft',
]

function documents(size: number): Readonly<Record<string, string>> {
  return {
    'a name without end': `{ ${'a'.repeat(size)} }`,
    'a string without end': `{ node(id: "${'a'.repeat(size)}") { id } }`,
    'a string that is not closed': `{ node(id: "${'a'.repeat(size)}`,
    'a string of escapes': `{ node(id: "${'\\u0041'.repeat(size / 12)}") { id } }`,
    'a block string of lines': `{ node(id: """${' \n'.repeat(size / 3)}x""") { id } }`,
    'a block string of quotes': `{ node(id: """${'\\"""'.repeat(size / 8)}""") { id } }`,
    'a block string that is not closed': `{ node(id: """${'a\n'.repeat(size / 3)}`,
    'a number without end': `{ transactions(first: ${'1'.repeat(size)}) { nodes { id } } }`,
    'nothing but commas': ','.repeat(size),
    'nothing but lines': '\n'.repeat(size / 2),
    'nothing but comments': '#\n'.repeat(size / 3),
    'nothing but braces': '{'.repeat(size),
    'nothing but brackets': `{ a(b: ${'['.repeat(size)}`,
    'fields without end': `{ ${'a '.repeat(size / 2)}}`,
    'aliases without end': `{ ${many(size / 20, (i) => `a${i}: __typename`)} }`,
    'wrong fields behind many lines': `${'\n'.repeat(size / 2 - 8_000)} ${filled('{', (i) => `transactio${i}`, '}')}`,
    'one variable again and again, behind many lines': `${'\n'.repeat(size / 2 - 8_000)} ${filled('query (', '$a: ID', ') { viewer { id } }')}`,
    'a circle of fragments, behind many lines': `${'\n'.repeat(size / 2 - 8_000)} { ...F0 } ${many(100, (i) => `fragment F${i} on Query { ...F${(i + 1) % 100} }`)}`,
    'long wrong fields': filled('{', (i) => `transaction${'x'.repeat(size / 1_000 - 20)}${i}`, '}'),
  }
}

const SHAPES: Readonly<Record<string, string>> = {
  'the same field again and again': filled('{', '__typename', '}'),
  'the same object again and again': filled('{', 'viewer { id }', '}'),
  'the same object again and again in each': filled('{', `viewer { ${many(16, 'user { id }')} }`, '}'),
  'the same object again and again in lists': filled(
    '{',
    `transactions { nodes { ${many(4, 'participants { user { id } }')} } }`,
    '}',
  ),
  'the same object in many fragments': filled(
    '{ ...F0 }',
    (i) => `fragment F${i} on Query { viewer { id } ...F${i + 1} }`,
    '',
  ),
  'many fragments in one place': `{ ${many(80, (i) => `...F${i}`)} } ${many(80, (i) => `fragment F${i} on Query { viewer { id } }`)}`,
  'big arguments again and again': filled('{', `nodes(ids: [${many(10, (i) => `"${i}"`)}]) { id }`, '}'),
  'long arguments again and again': filled('{', `node(id: "${'x'.repeat(300)}") { id }`, '}'),
  'other arguments for one name': filled('{', (i) => `node(id: ${i}) { id }`, '}'),
  'fragments that double 100 times': filled(
    '{ ...F0 }',
    (i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`,
    '',
  ),
  'fragments that spread one another': `{ ...F0 } ${many(25, (i) => `fragment F${i} on Query { ${many(16, (j) => `...F${(i + j + 1) % 25}`)} }`)}`,
  'a fragment in itself': '{ ...F } fragment F on Query { ...F viewer { id } }',
  'a circle through fields': '{ node(id: 1) { ...F } } fragment F on Node { ... on Message { transaction { ...F } } }',
  'fields below fields': `${'{ viewer '.repeat(400)}{ id }${'}'.repeat(400)}`,
  'inline fragments in inline fragments': `{ ${'... { '.repeat(320)}__typename${' }'.repeat(320)} }`,
  'lists in lists': `{ node(id: ${'['.repeat(480)}1${']'.repeat(480)}) { id } }`,
  'objects in objects': `{ transactions(filter: ${'{unread:'.repeat(240)}1${'}'.repeat(240)}) { nodes { id } } }`,
  'a list of lists of lists as a type': `query ($a: ${'['.repeat(480)}ID${']'.repeat(480)}) { node(id: $a) { id } }`,
  'wrong fields': filled('{', (i) => `transactio${i}`, '}'),
  'wrong arguments': filled('{ node(', (i) => `idd${i}: 1`, ') { id } }'),
  'wrong types': filled('query (', (i) => `$a${i}: Transactio${i}`, ') { viewer { id } }'),
  'wrong enum values': filled('{ transactions(filter: { statuses: [', (i) => `FUNDE${i}`, '] }) { nodes { id } } }'),
  'wrong input fields': filled('{ transactions(filter: {', (i) => `unrea${i}: 1`, '}) { nodes { id } } }'),
  'an input field again and again': filled('{ transactions(filter: {', 'unread: true', '}) { nodes { id } } }'),
  'missing arguments': filled('{', (i) => (i < 100 ? 'node { id }' : `transaction { id }`), '}'),
  'leaves that are none': filled('{', 'viewer', '}'),
  'spreads that never fit': filled('fragment F on Query { __typename } { viewer {', '...F', '} }'),
  'unknown directives': filled('{ viewer ', (i) => `@x${i}`, '{ id } }'),
  'variables that nobody uses': filled('query (', (i) => `$a${i}: ID`, ') { viewer { id } }'),
  'variables that nobody declared': filled('{', (i) => `a${i}: node(id: $a${i}) { id }`, '}'),
  'operations without a name': filled('', '{ __typename }', ''),
  'operations of one name': filled('', 'query A { __typename }', ''),
  'operations of many names': filled('', (i) => `query A${i} { __typename }`, ''),
  'fragments of one name': filled('{ ...F }', 'fragment F on Query { viewer { id } }', ''),
  'fragments that nobody spreads': filled('{ __typename }', (i) => `fragment F${i} on Query { viewer { id } }`, ''),
  'a schema of its own': filled('', (i) => `type A${i} { a: Int }`, ''),
  'entries of every type': `{ transaction(id: "txn_a") { timeline { nodes { ${many(60, (i) => `... on ${ENTRIES[i % ENTRIES.length]} { actor { id } }`)} } } } }`,
  'names of objects':
    '{ __proto__ constructor: viewer { id } ...toString } fragment toString on Query { hasOwnProperty }',
  'introspection that goes round': `{ __schema { types { ${'fields { type { '.repeat(100)} name ${'} }'.repeat(100)} } } }`,
  'pages of pages': `{ transactions(first: 100) { nodes { ${'messages(first: 100) { nodes { transaction { '.repeat(2)} id ${'} } }'.repeat(2)} } } }`,
  'events of one name':
    'subscription A { inboxChanged { transactionId } } subscription A { inboxChanged { transactionId } }',
  nothing: '',
  'no document': '\u0000\u{1F4A9}\uFEFF',
}

const NODES = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }'
const FILTERED = 'query ($filter: TransactionFilter) { transactions(filter: $filter) { nodes { id } } }'
const SENT = 'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }'

/** The variables as JSON. */
function variables(size: number): Readonly<Record<string, readonly [query: string, variables: string]>> {
  const list = (times: number, item: string) => `[${Array(times).fill(item).join()}]`
  const fields = (times: number) => `{${Array.from({ length: times }, (_, i) => `"a${i}":1`).join()}}`
  const nested = (open: string, close: string, times: number) => `${open.repeat(times)}1${close.repeat(times)}`
  return {
    'ids without end': [NODES, `{"ids":${list(size / 2, '1')}}`],
    'ids that are none, without end': [NODES, `{"ids":${list(size / 3, '{}')}}`],
    'statuses without end': [FILTERED, `{"filter":{"statuses":${list(size / 10, '"FUNDED"')}}}`],
    'statuses that are none, without end': [FILTERED, `{"filter":{"statuses":${list(size / 3, '[]')}}}`],
    'variables without end': [NODES, fields(size / 12)],
    'input fields without end': [SENT, `{"input":${fields(size / 12)}}`],
    'lists in lists, for an id': [NODES, `{"ids":[${nested('[', ']', size / 3)}]}`],
    'objects in objects, for an input': [SENT, `{"input":${nested('{"input":', '}', size / 12)}}`],
    'a few lists in lists, for an id': [NODES, `{"ids":[${nested('[', ']', 900)}]}`],
    'a few objects in objects, for an input': [SENT, `{"input":${nested('{"input":', '}', 900)}}`],
    'a string without end': [SENT, `{"input":{"transactionId":"${'x'.repeat(size)}","content":1}}`],
    'names of prototypes': [
      SENT,
      '{"input":{"__proto__":{"content":"x"},"constructor":{"prototype":{"x":1}}},"__proto__":{"a":1}}',
    ],
    'an input from a prototype': [SENT, '{"__proto__":{"input":{"transactionId":"txn_deal","content":"x"}}}'],
  }
}

/** Documents and variables that are deep, wide, aliased, circular, huge or malformed. */
export function hostileRequests(): HostileRequest[] {
  const payloadOf = (query: string, values: string) => `{"query":${JSON.stringify(query)},"variables":${values}}`
  return [
    ...Object.entries(SHAPES).map(([what, query]) => ({ what, payload: payloadOf(query, '{}') })),
    ...sized(documents).map(([what, query]) => ({ what, payload: payloadOf(query, '{}') })),
    ...sized(variables).map(([what, [query, values]]) => ({ what, payload: payloadOf(query, values) })),
  ]
}

/** For a WebSocket message, and for the body of an HTTP request. */
function sized<Value>(make: (size: number) => Readonly<Record<string, Value>>): [string, Value][] {
  return [
    ...Object.entries(make(SMALL)).map(([what, value]): [string, Value] => [`${what}, in a frame`, value]),
    ...Object.entries(make(LARGE)).map(([what, value]): [string, Value] => [`${what}, in a body`, value]),
  ]
}
