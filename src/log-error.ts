import { visible } from './log-text.js'

/** What is kept of an error in the log, besides its kind, its message and where it arose. None of it quotes anybody. */
const FIELDS = ['code', 'severity', 'schema', 'table', 'column', 'constraint', 'routine', 'syscall', 'kind']
const FIELDS_OF_ADAPTERS = ['originalCode', 'originalMessage']
const DEEPEST = 5

/**
 * An error as it stands in the log. Only what is listed is taken over: drivers hang rows, parameters, commands and tokens
 * on their errors, and each in its own place.
 */
export function loggedError(error: unknown, depth = 0): unknown {
  // Whatever else was thrown may be something that somebody said.
  if (!isObject(error)) return { type: typeof error }
  const message = typeof error['message'] === 'string' ? withoutQuotes(error['message'], error) : undefined
  const causes = depth < DEEPEST ? causesOf(error).map((cause) => loggedError(cause, depth + 1)) : []
  return {
    type: error.constructor?.name ?? 'Object',
    ...(message !== undefined && { message: visible(message) }),
    ...(typeof error['stack'] === 'string' && { stack: framesOf(error['stack'], String(error['message'])) }),
    ...kept(error),
    ...(causes.length > 0 && { causes }),
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** The errors in an error, in the ways of `cause`, AggregateError, GraphQL and Prisma. */
function causesOf(error: Record<string, unknown>): unknown[] {
  const { cause, errors, originalError, meta } = error
  const adapter = isObject(meta) ? meta['driverAdapterError'] : undefined
  return [cause, originalError, adapter, ...(Array.isArray(errors) ? errors : [])].filter(isObject)
}

function kept(error: Record<string, unknown>): Record<string, unknown> {
  const plain = FIELDS.map((field) => [field, error[field]])
  const quoting = FIELDS_OF_ADAPTERS.map((field) => [field, withoutQuotes(error[field], error)])
  return Object.fromEntries([...plain, ...quoting].filter(([, value]) => ['string', 'number'].includes(typeof value)))
}

/** Data exceptions of Postgres (SQLSTATE class 22) and errors of `JSON.parse` quote what they couldn't read. */
function withoutQuotes<Value>(text: Value, error: Record<string, unknown>): Value | string {
  if (typeof text !== 'string') return text
  const codes = [error['code'], error['originalCode'], /\b22[0-9A-Z]{3}\b/.exec(text)?.[0]]
  const quotesData = codes.some((code) => typeof code === 'string' && /^22[0-9A-Z]{3}$/.test(code))
  return quotesData || error instanceof SyntaxError ? text.replace(/".*"/s, '"…"') : text
}

/** Where it arose, without the message, which V8 puts in front: it may have lines that look like these. */
function framesOf(stack: string, message: string): string {
  const at = stack.indexOf(message)
  return stack
    .slice(at === -1 ? 0 : at + message.length)
    .split('\n')
    .filter((line) => /^ {4}at \S/.test(line))
    .join('\n')
}
