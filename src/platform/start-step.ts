/** A step of the start that is under way. Calling it says that it is done, with a word about how. */
export interface Step {
  (detail?: string): void
  /** It failed; why is said elsewhere. */
  fail(): void
  /** What it is busy with. */
  update(note: string): void
}

export type BeginStep = (name: string) => Step

/** Does a part of the start as a step that is shown; it tells by its answer how it went. */
export async function asStep<Result>(
  step: Step,
  work: () => Promise<Result>,
  tell: (result: Result) => string,
): Promise<Result> {
  try {
    const result = await work()
    step(tell(result))
    return result
  } catch (error) {
    step.fail()
    throw error
  }
}
