import { GraphQLScalarType } from 'graphql'
import { GraphQLDateTimeISO, GraphQLURL } from 'graphql-scalars'
import type { Builder } from './builder.js'

export function addScalars(builder: Builder): void {
  builder.addScalarType(
    'DateTime',
    new GraphQLScalarType({
      ...GraphQLDateTimeISO.toConfig(),
      name: 'DateTime',
      description:
        'An instant as RFC 3339 has it, in UTC, with milliseconds: `2026-03-01T12:00:00.000Z`. Any offset is taken.',
    }),
  )
  builder.addScalarType(
    'URL',
    new GraphQLScalarType({
      ...GraphQLURL.toConfig(),
      name: 'URL',
      description: 'An absolute URL, as RFC 3986 has it: `https://example.com/picture.png`.',
    }),
  )
}
