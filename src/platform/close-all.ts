/** Something that was started and must be stopped. */
export interface Closable {
  /** What it is, for the report of a failure. */
  readonly name: string
  close(): Promise<void> | void
}

/**
 * Closes everything, the last started first. One that fails doesn't keep the others from closing.
 *
 * @throws {AggregateError} with all failures, once every one has been tried.
 */
export async function closeAll(started: readonly Closable[]): Promise<void> {
  const failures: Error[] = []
  for (const { name, close } of started.toReversed()) {
    try {
      await close()
    } catch (cause) {
      failures.push(new Error(`${name} did not close`, { cause }))
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, failures.map((failure) => failure.message).join('; '))
}
