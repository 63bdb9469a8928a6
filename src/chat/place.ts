/** Where something stands: at which position of whose timeline. A message stands where it was sent. */
export interface Place {
  readonly transactionKey: string
  readonly position: number
}

/** Prisma's condition for all that stands at these places. */
export function atPlaces(places: readonly Place[]): {
  OR: { transactionKey: string; position: { in: number[] } }[]
} {
  const positions = new Map<string, number[]>()
  for (const { transactionKey, position } of places) {
    positions.set(transactionKey, [...(positions.get(transactionKey) ?? []), position])
  }
  return { OR: [...positions].map(([transactionKey, at]) => ({ transactionKey, position: { in: at } })) }
}
