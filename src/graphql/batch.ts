import { createContextCache } from '@pothos/core'
import DataLoader from 'dataloader'
import { type GraphQLResolveInfo, responsePathAsArray } from 'graphql'
import { listsInOneRead } from './answer-size.js'
import type { Context } from './context.js'

const loadersOf = createContextCache((_: Context) => new Map<string, DataLoader<unknown, unknown, string>>())

/** A row, by what it is known by. */
type Identified = { readonly key: string } | { readonly id: string }

const keyOf = (row: Identified) => ('key' in row ? row.key : row.id)

/**
 * Loads pages of many parents like `loadForAll`, but not all in one go where they are many: what people wrote can be long.
 */
export function loadPagesForAll<Parent extends Identified, Result>(
  place: { context: Context; info: GraphQLResolveInfo; parent: Parent },
  pageSize: number,
  load: (parents: readonly Parent[]) => Promise<Result[]>,
): Promise<Result> {
  const { answerSize } = place.context
  return loadForAll(place, (parents) => answerSize.read(() => load(parents)), listsInOneRead(pageSize))
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
  const place = `${path.join('.')} ${info.fieldNodes.map(({ loc }) => loc?.start).join()}`
  const loaders = loadersOf(context)
  const known = loaders.get(place) as DataLoader<Parent, Result, string> | undefined
  const loader = known ?? new DataLoader<Parent, Result, string>(load, { cacheKeyFn: keyOf, maxBatchSize })
  if (!known) loaders.set(place, loader as DataLoader<unknown, unknown, string>)
  return loader.load(parent)
}
