/** A step that is under way. Calling it says that it is done, with a short detail to show; nothing counts after that. */
export interface Step {
  (detail?: string): void
  /** It failed; why is said elsewhere. */
  fail(detail?: string): void
  /** What it is busy with; shown on a terminal only. */
  update(note: string): void
}

export interface StepsOptions {
  /** Whether lines can be drawn over: true for a terminal. */
  readonly isLive?: boolean
  /** False with NO_COLOR, or off a terminal. */
  readonly hasColor?: boolean
}

/** The step display of one stream. */
export function createSteps(
  stream: NodeJS.WritableStream & { columns?: number; isTTY?: boolean },
  options?: StepsOptions,
): (name: string) => Step

/** Begins a step on the standard output. */
export function step(name: string): Step
