import type { Statement } from '../../platform/database.js'
import type { PageRequest } from '../page.js'
import type { MessageFilter } from './message.js'

/** The call of the database function `message_places`: a migration has it, and says what it promises. */
export const MESSAGE_PLACES: Statement = {
  name: 'message_places',
  text: 'SELECT * FROM message_places($1::text[], $2::boolean, $3::int, $4::int, $5::int, $6::text, $7::"MessageType"[], $8::timestamptz, $9::timestamptz)',
}

/** Asks for the `size + 1` first messages of a page: the one too many says that there is more. */
export function placesValues(
  transactionKeys: readonly string[],
  { from, size, after, before }: PageRequest<number>,
  { senderKey, types, sentAfter, sentBefore }: MessageFilter,
): unknown[] {
  const distinctTypes = types && [...new Set(types)]
  return [transactionKeys, from === 'end', size + 1, after, before, senderKey, distinctTypes, sentAfter, sentBefore]
}
