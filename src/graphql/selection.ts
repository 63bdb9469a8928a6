import { queryFromInfo } from '@pothos/plugin-prisma'
import type { GraphQLResolveInfo } from 'graphql'
import { NotFoundError } from '../errors.js'
import type { Context } from './context.js'

/** Prisma's `include`, of whichever model. */
type Include = Readonly<Record<string, unknown>>

export interface SelectionOptions {
  readonly context: Context
  readonly info: GraphQLResolveInfo
  /** The type whose selection is wanted. */
  readonly typeName: string
  /** Where below this field things of that type stand; this field itself when left out. */
  readonly paths?: string[][]
}

/** The relations that the query asks for below this field, so that they are loaded with the rows in one go. */
export function selectedRelations<ModelInclude extends object>(options: SelectionOptions): ModelInclude | undefined {
  const { include } = queryFromInfo({ ...options, path: [], paths: options.paths ?? [] })
  // The plugin plans for the model of `typeName`, but doesn't say so in its type.
  return include as ModelInclude | undefined
}

/**
 * A row in hand, if it has all the relations that the query asks for; otherwise the same row, read with them. So what
 * arrives live is passed on without a look at the database, unless somebody asks for more than comes along.
 *
 * @throws {NotFoundError} when `readWith` finds nothing: the viewer was removed meanwhile, and must not see how things
 * stand by now.
 */
export async function withSelectedRelations<
  Row extends { readonly transactionKey: string },
  ModelInclude extends object,
>(row: Row, options: SelectionOptions, readWith: (include: ModelInclude) => Promise<Row | undefined>): Promise<Row> {
  const include = selectedRelations<ModelInclude>(options)
  if (include === undefined || hasRelations(row, include as Include)) return row
  // Below it, fields read on by themselves.
  options.context.noteReading(row.transactionKey)
  const found = await readWith(include)
  if (!found) throw new NotFoundError('transaction', 'transactionId')
  return found
}

function hasRelations(row: object, include: Include): boolean {
  return Object.entries(include).every(([name, wanted]) => {
    const related: unknown = (row as Record<string, unknown>)[name]
    if (wanted === true) return related !== undefined
    const { include: deeper, ...constraints } = wanted as { include?: Include }
    if (Object.keys(constraints).length > 0 || related === undefined) return false
    return deeper === undefined || related === null || hasRelations(related as object, deeper)
  })
}
