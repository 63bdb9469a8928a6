import type { AllowedOrigins } from '../config/config.js'
import { ForbiddenError } from '../errors.js'

const LOCALHOST = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/

/** Whether a page of this origin may call. Programs send no origin and may. */
export function isAllowedOrigin(allowed: AllowedOrigins, origin: string | undefined): boolean {
  if (origin === undefined) return true
  return allowed === 'localhost' ? LOCALHOST.test(origin) : allowed.includes(origin)
}

/** What a page of another origin is told, at either door. */
export function originRefused(): ForbiddenError {
  return new ForbiddenError("Pages of this origin may not ask: CORS_ORIGIN doesn't name it.")
}
