import { OperationTooComplexError } from '../errors.js'

/**
 * Refuses variables with more values than a document may have tokens: what is too long written out isn't taken apart from
 * it either. Each item of a list and each field of an object is one, however deep.
 *
 * @throws {OperationTooComplexError}
 */
export function checkVariables(variables: Readonly<Record<string, unknown>>, maxValues: number): void {
  const waiting: unknown[] = [variables]
  let values = 0
  while (waiting.length > 0) {
    const value = waiting.pop()
    if (typeof value !== 'object' || value === null) continue
    const inside: unknown[] = Array.isArray(value) ? value : Object.values(value)
    values += inside.length
    if (values > maxValues) {
      throw new OperationTooComplexError('The variables have too many values: send several operations.', maxValues)
    }
    waiting.push(...inside)
  }
}
