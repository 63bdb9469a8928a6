import { asAtTheTime } from '../../../src/chat/timeline/timeline.js'
import type { TimelineReader } from '../../../src/chat/timeline/timeline-store.js'
import type { LiveEntry, MessageWithSender, TimelineAdvanced } from '../../../src/events/topics.js'
import type { TimelineEntryKind } from '../../../src/generated/prisma/client.js'

export const DEAL = 'deal'
const NOW = new Date('2026-01-01T00:00:00Z')

/** What is done to the deal in one commit. `message` picks one of those there are. */
export type Act =
  | { readonly act: 'send'; readonly count: number }
  | { readonly act: 'edit' | 'delete'; readonly message: number }
  | { readonly act: 'status' | 'leave' | 'join' | 'changeRole' | 'othersLeave' }

type Read = Parameters<TimelineReader['read']>[0]

/** What is stored of one deal, with the same promises as the database: positions 1, 2, 3 … in the order of commit. */
export class TimelineModel {
  readonly entries: Omit<LiveEntry, 'message'>[] = []
  readonly #messages = new Map<string, MessageWithSender>()
  /** What each message said from each of its versions on. */
  readonly #contents = new Map<string, string | null>()
  readonly #departures: number[] = []
  #hasSeat = true
  /** The newest position that there was while the reader had a seat. */
  seenUpTo = 0

  get head(): number {
    return this.entries.length
  }

  /** Whether the reader takes part at present. */
  get hasSeat(): boolean {
    return this.#hasSeat
  }

  /** Commits, and says how the doorbell rings for it; null when nothing came of it. */
  commit(act: Act): TimelineAdvanced | null {
    const before = this.head
    switch (act.act) {
      case 'send':
        for (let index = 0; index < act.count; index += 1) this.#send()
        break
      case 'edit':
      case 'delete':
        this.#change(act)
        break
      case 'status':
        this.#append('STATUS_CHANGED', { data: { previousStatus: 'DRAFT', status: 'FUNDED', message: null } })
        break
      case 'othersLeave':
        this.#append('PARTICIPANT_LEFT', { userKey: 'other', data: { role: 'AGENT' } })
        break
      case 'leave':
        if (!this.#hasSeat) break
        this.#append('PARTICIPANT_LEFT', { userKey: 'reader', data: { role: 'BUYER' } })
        this.#departures.push(this.head)
        this.#hasSeat = false
        break
      case 'join':
        if (!this.#hasSeat) this.#append('PARTICIPANT_JOINED', { userKey: 'reader', data: { role: 'BUYER' } })
        this.#hasSeat = true
        break
      case 'changeRole':
        if (!this.#hasSeat) break
        this.#append('PARTICIPANT_LEFT', { userKey: 'reader', data: { role: 'BUYER', staysAs: 'ARBITER' } })
        this.#append('PARTICIPANT_JOINED', { userKey: 'reader', data: { role: 'ARBITER' } })
    }
    if (this.#hasSeat) this.seenUpTo = this.head
    if (this.head === before) return null
    const sent = act.act === 'send' ? this.entries.slice(before).map((entry) => this.#withMessage(entry)) : []
    return { position: this.head, entries: sent }
  }

  /** Reads as the store promises to, and brings no more than `size` entries. */
  read({ after, upTo, kinds, readerKey }: Read, size: number): { entries: LiveEntry[]; position: number } {
    const matching = this.entries
      .slice(after, upTo)
      .filter(({ kind }) => !kinds || kinds.includes(kind))
      .map((entry) => this.#withMessage(entry))
    const entries = matching.slice(0, size)
    const position = entries.length < matching.length ? (entries.at(-1)?.position ?? after) : upTo
    const isOutsider = readerKey != null && !this.#hasSeat
    return { entries: isOutsider ? entries.map(asAtTheTime) : entries, position }
  }

  /** Where the reader left for good, first after a position. */
  departureAfter(after: number): number | undefined {
    return this.#departures.find((position) => position > after)
  }

  /** Whether what happened to a message at a position was its deletion. */
  wasDeletedAt(messageId: string, position: number): boolean {
    return this.contentAt(messageId, position) === null
  }

  /** What a message said in one of its versions; undefined when it has none such. */
  contentAt(messageId: string, version: number): string | null | undefined {
    return this.#contents.get(`${messageId} ${version}`)
  }

  #send(): void {
    const position = this.head + 1
    const id = `message ${position}`
    const content = `sent at ${position}`
    this.#messages.set(id, {
      id,
      transactionKey: DEAL,
      sequence: this.#messages.size + 1,
      position,
      version: position,
      type: 'TEXT',
      senderKey: null,
      content,
      replyToId: null,
      clientMessageId: null,
      createdAt: NOW,
      editedAt: null,
      deletedAt: null,
      sender: null,
    })
    this.#contents.set(`${id} ${position}`, content)
    this.#append('MESSAGE_SENT', { messageId: id, data: { content } })
  }

  #change({ act, message: pick }: { readonly act: 'edit' | 'delete'; readonly message: number }): void {
    const message = [...this.#messages.values()].at(-1 - (pick % Math.max(1, this.#messages.size)))
    if (!message || message.deletedAt) return
    const version = this.head + 1
    const content = act === 'edit' ? `edited at ${version}` : null
    const changed = act === 'edit' ? { editedAt: NOW } : { deletedAt: NOW }
    this.#messages.set(message.id, { ...message, ...changed, version, content })
    this.#contents.set(`${message.id} ${version}`, content)
    const kind = act === 'edit' ? 'MESSAGE_EDITED' : 'MESSAGE_DELETED'
    this.#append(kind, { messageId: message.id, data: act === 'edit' ? { content } : {} })
  }

  #append(kind: TimelineEntryKind, more: Pick<LiveEntry, 'data'> & Partial<LiveEntry>): void {
    this.entries.push({
      transactionKey: DEAL,
      position: this.head + 1,
      kind,
      actorKey: null,
      messageId: null,
      userKey: null,
      occurredAt: NOW,
      actor: null,
      user: null,
      ...more,
    })
  }

  #withMessage(entry: Omit<LiveEntry, 'message'>): LiveEntry {
    const message = entry.messageId === null ? null : (this.#messages.get(entry.messageId) ?? null)
    return { ...entry, message }
  }
}
