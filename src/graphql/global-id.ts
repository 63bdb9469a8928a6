import { isKey } from '../chat/text.js'
import { BadUserInputError } from '../errors.js'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const isUuid = (text: string) => UUID.test(text)

/** An entry's local id: its position, a dot, and the transaction's key. */
const ENTRY = /^([1-9]\d{0,8})\.(.+)$/

/** What can be asked for by id: the prefix of its ids, and what follows the prefix. */
const KINDS = {
  User: { prefix: 'usr_', isLocalId: isKey },
  Transaction: { prefix: 'txn_', isLocalId: isKey },
  Participant: { prefix: 'par_', isLocalId: isUuid },
  Message: { prefix: 'msg_', isLocalId: isUuid },
  TimelineEntry: { prefix: 'evt_', isLocalId: (text: string) => isKey(ENTRY.exec(text)?.[2] ?? '') },
} as const

export type NodeKind = keyof typeof KINDS

/** The id by which the API calls something: readable, and the same for ever. */
export function globalId(kind: NodeKind, localId: string): string {
  return KINDS[kind].prefix + localId
}

export function entryId(transactionKey: string, position: number): string {
  return globalId('TimelineEntry', `${position}.${transactionKey}`)
}

/** The two parts of an entry's local id. */
export function parseEntryId(localId: string): { transactionKey: string; position: number } {
  const [, position, transactionKey] = ENTRY.exec(localId) ?? []
  if (position === undefined || transactionKey === undefined) throw new TypeError('Not the local id of an entry')
  return { transactionKey, position: Number(position) }
}

/** What an id stands for; null when it is malformed. */
export function parseGlobalId(id: string): { kind: NodeKind; localId: string } | null {
  for (const kind of Object.keys(KINDS) as NodeKind[]) {
    const { prefix, isLocalId } = KINDS[kind]
    const localId = id.slice(prefix.length)
    if (id.startsWith(prefix) && isLocalId(localId)) return { kind, localId }
  }
  return null
}

/**
 * The local id in an argument that takes the ids of one kind.
 *
 * @throws {BadUserInputError} when it is malformed or another kind's.
 */
export function requireLocalId(kind: NodeKind, id: string, field: string): string {
  const parsed = parseGlobalId(id)
  if (parsed?.kind === kind) return parsed.localId
  throw new BadUserInputError(`\`${field}\` must be the id of a ${kind}, which begins with ${KINDS[kind].prefix}`, {
    field,
  })
}
