import type { UserViewer, Viewer } from '../../auth/viewer.js'
import { ForbiddenError } from '../../errors.js'

/** @throws {ForbiddenError} to partners and the platform: only people have a list of conversations. */
export function requireInbox(viewer: Viewer): UserViewer {
  if (viewer.kind === 'USER') return viewer
  throw new ForbiddenError('Only a person who takes part in transactions has an inbox.')
}
