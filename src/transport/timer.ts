/** The longest that `setTimeout` can wait: a longer time would overflow and fire at once. */
const LONGEST_TIMEOUT_MS = 2_147_483_647

/**
 * Calls back at an instant, however far away.
 *
 * @returns a function that calls it off.
 */
export function callAt(instant: Date, callback: () => void): () => void {
  let timer: NodeJS.Timeout
  const wait = () => {
    const remainingMs = instant.getTime() - Date.now()
    if (remainingMs <= LONGEST_TIMEOUT_MS) timer = setTimeout(callback, Math.max(0, remainingMs))
    else timer = setTimeout(wait, LONGEST_TIMEOUT_MS)
  }
  wait()
  return () => clearTimeout(timer)
}
