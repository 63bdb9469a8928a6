/** The service can't start for a reason that a person can mend: the message says what is wrong and what to do. */
export class StartupError extends Error {
  override readonly name: string = 'StartupError'
}
