import { createContextCache } from '@pothos/core'
import DataLoader from 'dataloader'
import { type FieldNode, type GraphQLResolveInfo, responsePathAsArray } from 'graphql'
import pLimit from 'p-limit'
import type { Context } from './context.js'

/** How many pages of one operation are read at once: the connections of the pool are for all. */
const READS_AT_ONCE = 2
/** How many rows that hold what people wrote are read in one go, of however many lists they are. */
const ROWS_IN_ONE_READ = 500

const turnsOf = createContextCache((_: Context) => pLimit(READS_AT_ONCE))
const loadersOf = createContextCache((_: Context) => new Map<string, DataLoader<unknown, unknown, string>>())

const numbersOf = createContextCache((_: Context) => new Map<FieldNode, number>())

/** Tells the fields of a document apart. Where they stand in it doesn't: long documents are parsed without that. */
function numberOf(context: Context): (node: FieldNode) => number {
  const numbers = numbersOf(context)
  return (node) => {
    const number = numbers.get(node) ?? numbers.size
    numbers.set(node, number)
    return number
  }
}

/** A row, by what it is known by. */
type Identified = { readonly key: string } | { readonly id: string }

const keyOf = (row: Identified) => ('key' in row ? row.key : row.id)

/**
 * Loads pages of many parents like `loadForAll`, but not all in one go where they are many: what people wrote can be long.
 * Once the answer is too large, nothing more is read.
 */
export function loadPagesForAll<Parent extends Identified, Result>(
  place: { context: Context; info: GraphQLResolveInfo; parent: Parent },
  pageSize: number,
  load: (parents: readonly Parent[]) => Promise<Result[]>,
): Promise<Result> {
  const { answerSize } = place.context
  const inTurn = turnsOf(place.context)
  const read = (parents: readonly Parent[]) =>
    inTurn(() => {
      if (answerSize.isTooLarge) throw answerSize.refusal()
      return load(parents)
    })
  return loadForAll(place, read, Math.max(1, Math.floor(ROWS_IN_ONE_READ / Math.max(1, pageSize))))
}

/**
 * Loads a field of many parents at once: all that stand in the same place of the answer, in a list of transactions for
 * example, share one call, and one result when they are the same row. `load` gets them in any order and answers in
 * that order.
 */
export function loadForAll<Parent extends Identified, Result>(
  { context, info, parent }: { context: Context; info: GraphQLResolveInfo; parent: Parent },
  load: (parents: readonly Parent[]) => Promise<Result[]>,
  maxBatchSize = Number.POSITIVE_INFINITY,
): Promise<Result> {
  const path = responsePathAsArray(info.path).filter((step) => typeof step === 'string')
  // Fragments on different types may ask for the same place with different arguments, or for other things below it.
  const nodes = info.fieldNodes.map(numberOf(context))
  const place = `${path.join('.')} ${nodes.join()}`
  const loaders = loadersOf(context)
  const known = loaders.get(place) as DataLoader<Parent, Result, string> | undefined
  const loader = known ?? new DataLoader<Parent, Result, string>(load, { cacheKeyFn: keyOf, maxBatchSize })
  if (!known) loaders.set(place, loader as DataLoader<unknown, unknown, string>)
  return loader.load(parent)
}
