/** The path of a Chromium or Chrome on this machine, or null. */
export function findChromium(): string | null

/** The path of redis-server on this machine, or null. */
export function findRedisServer(): string | null

/** The path of openssl on this machine, or null. */
export function findOpenssl(): string | null
