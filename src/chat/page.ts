import { BadUserInputError } from '../errors.js'

/** The paging arguments of a connection, as the caller gave them. */
export interface PageArgs {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
  readonly last?: number | null | undefined
  readonly before?: string | null | undefined
}

/** Which stretch of an ordered list is wanted: `size` items between two exclusive bounds, from one end of it. */
export interface PageRequest<Bound> {
  readonly from: 'start' | 'end'
  readonly size: number
  readonly after: Bound | null
  readonly before: Bound | null
}

/** A stretch of an ordered list, in the list's order. The two questions are exact, and cost a look only when asked. */
export interface Page<Row> {
  readonly rows: readonly Row[]
  hasNextPage(): Promise<boolean>
  hasPreviousPage(): Promise<boolean>
}

export interface PageRules<Bound> {
  readonly maxPageSize: number
  /** How many when the caller says neither `first` nor `last`. */
  readonly defaultSize: number
  /** Which end is meant when the caller says neither `first` nor `last`; `newest`: the end, unless they go on `after` something. */
  readonly defaultEnd: 'first' | 'newest'
  /** What a cursor stands for; throws when it stands for nothing here. */
  readonly decodeCursor: (cursor: string, field: 'after' | 'before') => Bound
}

/**
 * Reads paging arguments.
 *
 * @throws {BadUserInputError} for `first` with `last`, a negative or too large number, or a cursor that isn't one.
 */
export function readPageRequest<Bound>(args: PageArgs, rules: PageRules<Bound>): PageRequest<Bound> {
  const { first, last, after, before } = args
  if (first != null && last != null) {
    throw new BadUserInputError("`first` and `last` can't be combined: ask for the one or the other.", {
      field: 'last',
    })
  }
  checkSize('first', first, rules.maxPageSize)
  checkSize('last', last, rules.maxPageSize)
  const meansNewest = rules.defaultEnd === 'newest' && (after == null || before != null)
  return {
    from: last != null || (first == null && meansNewest) ? 'end' : 'start',
    size: first ?? last ?? Math.min(rules.defaultSize, rules.maxPageSize),
    after: after == null ? null : rules.decodeCursor(after, 'after'),
    before: before == null ? null : rules.decodeCursor(before, 'before'),
  }
}

function checkSize(field: 'first' | 'last', size: number | null | undefined, limit: number): void {
  if (size == null) return
  if (size < 0) throw new BadUserInputError(`\`${field}\` must not be negative.`, { field })
  if (size > limit) throw new BadUserInputError(`\`${field}\` must be at most ${limit}.`, { field, limit })
}

/**
 * Makes a page of what a store read for a request: up to `size + 1` rows from the wanted end, the nearest to that end
 * first. The one too many says that there is more.
 *
 * @param exists whether the list has anything at the bound or beyond it, away from the page.
 */
export function makePage<Row, Bound>(
  request: PageRequest<Bound>,
  read: readonly Row[],
  exists: (side: 'atOrBefore' | 'atOrAfter', bound: Bound) => Promise<boolean>,
): Page<Row> {
  const { from, size, after, before } = request
  const rows = read.slice(0, size)
  const hasMoreInside = read.length > size
  const hasBefore = once(async () => after !== null && (await exists('atOrBefore', after)))
  const hasAfter = once(async () => before !== null && (await exists('atOrAfter', before)))
  return from === 'start'
    ? { rows, hasNextPage: async () => hasMoreInside || (await hasAfter()), hasPreviousPage: hasBefore }
    : { rows: rows.reverse(), hasNextPage: hasAfter, hasPreviousPage: async () => hasMoreInside || (await hasBefore()) }
}

/** A page may stand in many places of an answer, and is asked in each. */
function once(ask: () => Promise<boolean>): () => Promise<boolean> {
  let answer: Promise<boolean> | undefined
  return () => {
    answer ??= ask()
    return answer
  }
}
