import { createContextCache } from '@pothos/core'
import DataLoader from 'dataloader'
import { type GraphQLResolveInfo, responsePathAsArray } from 'graphql'
import type { Context } from './context.js'

const loadersOf = createContextCache((_: Context) => new Map<string, DataLoader<unknown, unknown>>())

/**
 * Loads a field of many parents at once: all that stand in the same place of the answer, in a list of transactions for
 * example, share one call. `load` gets them in any order and answers in that order.
 */
export function loadForAll<Parent, Result>(
  { context, info, parent }: { context: Context; info: GraphQLResolveInfo; parent: Parent },
  load: (parents: readonly Parent[]) => Promise<Result[]>,
): Promise<Result> {
  const place = responsePathAsArray(info.path)
    .filter((step) => typeof step === 'string')
    .join('.')
  const loaders = loadersOf(context)
  const known = loaders.get(place) as DataLoader<Parent, Result> | undefined
  const loader = known ?? new DataLoader<Parent, Result>(load, { cache: false })
  if (!known) loaders.set(place, loader as DataLoader<unknown, unknown>)
  return loader.load(parent)
}
