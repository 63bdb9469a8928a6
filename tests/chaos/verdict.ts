/** How a promise can be broken. `WRONG`: in another way than the other three. */
export type Breach = 'LOST' | 'DOUBLED' | 'REORDERED' | 'WRONG'

export interface Finding {
  readonly breach: Breach
  readonly what: string
  /** Who saw it, and at which message, if it was seen by somebody in particular. */
  readonly subscriber?: string
  readonly sequence?: number
}

/** A message as it is stored, or as somebody reads it. */
export interface StoredMessage {
  readonly id: string
  readonly sequence: number
  readonly content: string | null
  readonly clientMessageId: string | null
}

export interface SentMessage {
  readonly clientMessageId: string
  readonly content: string
  readonly acknowledged: { readonly id: string; readonly sequence: number; readonly content: string | null } | null
}

/** What is known of a stretch of a deal: all that came after `base`, and nothing else. */
export interface Stretch {
  readonly deal: string
  /** The newest sequence before it. */
  readonly base: number
  /** Of each sender, all that was sent, in the order in which it was begun. */
  readonly sent: readonly { readonly isOneAtATime: boolean; readonly messages: readonly SentMessage[] }[]
  /** As SQL reads them, by sequence. */
  readonly stored: readonly StoredMessage[]
  /** As they are paged through, in that order. */
  readonly paged: readonly StoredMessage[]
  /** What each subscriber got, in that order. */
  readonly delivered: readonly { readonly subscriber: string; readonly deliveries: readonly Delivered[] }[]
}

type Delivered = Omit<StoredMessage, 'clientMessageId'>

/** Everything in a stretch that is not as it was promised. */
export function judge(stretch: Stretch): Finding[] {
  return [...judgeHistory(stretch), ...stretch.delivered.flatMap((one) => judgeDeliveries(stretch, one))]
}

function judgeHistory({ deal, base, sent, stored, paged }: Stretch): Finding[] {
  const findings: Finding[] = []
  const find = (breach: Breach, what: string) => findings.push({ breach, what: `${deal}: ${what}` })
  const byKey = new Map<string | null, StoredMessage[]>()
  for (const message of stored) {
    byKey.set(message.clientMessageId, [...(byKey.get(message.clientMessageId) ?? []), message])
  }
  const all = sent.flatMap(({ messages }) => messages)
  for (const { clientMessageId, content, acknowledged } of all) {
    const found = byKey.get(clientMessageId) ?? []
    if (found.length > 1) find('DOUBLED', `${clientMessageId} is stored ${found.length} times`)
    if (acknowledged === null) find('WRONG', `${clientMessageId} was never acknowledged`)
    const [first] = found
    if (first === undefined) {
      if (acknowledged)
        find('LOST', `${clientMessageId} was acknowledged as ${acknowledged.sequence}, and is not stored`)
    } else if (first.content !== content) find('WRONG', `${clientMessageId} is stored with another content`)
    else if (acknowledged && !isSame(first, acknowledged)) {
      find('WRONG', `${clientMessageId} is ${describe(first)}, and was acknowledged as ${describe(acknowledged)}`)
    }
  }
  const keys = new Set(all.map(({ clientMessageId }) => clientMessageId))
  for (const message of stored) {
    if (!keys.has(message.clientMessageId ?? '')) find('WRONG', `nobody has sent ${describe(message)}`)
  }
  stored.forEach(({ sequence }, index) => {
    if (sequence !== base + index + 1) find('LOST', `after sequence ${base + index}, ${sequence} is stored`)
  })
  if (JSON.stringify(paged) !== JSON.stringify(stored)) {
    const place = stored.findIndex((message, index) => JSON.stringify(message) !== JSON.stringify(paged[index]))
    const [is, read] = [stored[place], paged[place < 0 ? stored.length : place]]
    find('WRONG', `${describe(is)} is stored, and ${describe(read)} is read`)
  }
  for (const { isOneAtATime, messages } of sent) {
    const sequences = messages.flatMap(({ acknowledged }) => acknowledged?.sequence ?? [])
    for (const [index, sequence] of isOneAtATime ? sequences.entries() : []) {
      const before = sequences[index - 1] ?? 0
      if (sequence <= before) find('REORDERED', `${sequence} was begun after ${before} was acknowledged`)
    }
  }
  return findings
}

function judgeDeliveries(
  { base, stored }: Stretch,
  { subscriber, deliveries }: Stretch['delivered'][number],
): Finding[] {
  const findings: Finding[] = []
  const find = (breach: Breach, sequence: number, what: string) =>
    findings.push({ breach, what: `${subscriber} ${what}`, subscriber, sequence })
  const bySequence = new Map(stored.map((message) => [message.sequence, message]))
  const counts = new Map<number, number>()
  let newest = base
  for (const delivered of deliveries) {
    const { sequence } = delivered
    const count = (counts.get(sequence) ?? 0) + 1
    counts.set(sequence, count)
    if (count > 1 || sequence <= base) find('DOUBLED', sequence, `got ${sequence} again`)
    else if (sequence < newest) find('REORDERED', sequence, `got ${sequence} after ${newest}`)
    const message = bySequence.get(sequence)
    if (sequence > base && !(message && isSame(message, delivered))) {
      find('WRONG', sequence, `got ${describe(delivered)}, which is ${describe(message)}`)
    }
    newest = Math.max(newest, sequence)
  }
  for (const { sequence } of stored) if (!counts.has(sequence)) find('LOST', sequence, `never got ${sequence}`)
  return findings
}

function isSame(one: Delivered, other: Delivered): boolean {
  return one.id === other.id && one.sequence === other.sequence && one.content === other.content
}

function describe(message: Delivered | undefined): string {
  return message ? `${message.sequence} (${message.id}, ${JSON.stringify(message.content)})` : 'nothing'
}
