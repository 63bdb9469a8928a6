/** Installs, generates and builds what is missing or stale. */
export function prepare(options?: { documents?: boolean; dist?: boolean }): Promise<void>
