import { GraphQLError, GraphQLScalarType } from 'graphql'
import { GraphQLDateTimeISO, GraphQLURL } from 'graphql-scalars'
import type { Builder } from './builder.js'

/** RFC 3339 has a year 0, Postgres has none; and with an offset a year of four digits can become one of five in UTC. */
function checkYear(instant: Date): Date {
  const year = instant.getUTCFullYear()
  if (year >= 1 && year <= 9999) return instant
  throw new GraphQLError('DateTime must be an instant of the years 1 to 9999, in UTC.')
}

export function addScalars(builder: Builder): void {
  const { parseValue, parseLiteral, ...dateTime } = GraphQLDateTimeISO.toConfig()
  builder.addScalarType(
    'DateTime',
    new GraphQLScalarType({
      ...dateTime,
      parseValue: (value) => checkYear(parseValue(value)),
      parseLiteral: (node, variables) => checkYear(parseLiteral(node, variables)),
      name: 'DateTime',
      description:
        'An instant as RFC 3339 has it, in UTC, with milliseconds: `2026-03-01T12:00:00.000Z`. Input may carry any offset.',
    }),
  )
  const url = GraphQLURL.toConfig()
  builder.addScalarType(
    'URL',
    new GraphQLScalarType({
      ...url,
      parseValue: (value) => readUrl(() => url.parseValue(value)),
      parseLiteral: (node, variables) => readUrl(() => url.parseLiteral(node, variables)),
      name: 'URL',
      description: 'An absolute URL, as RFC 3986 has it: `https://example.com/picture.png`.',
    }),
  )
}

/** What is no URL is the caller's fault, and not a failure of ours, as the TypeError of the library would be. */
function readUrl<Read>(read: () => Read): Read {
  try {
    return read()
  } catch {
    throw new GraphQLError('URL must be absolute: a scheme, a host, and maybe a path.')
  }
}
