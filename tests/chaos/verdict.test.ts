import { describe, expect, test } from 'vitest'
import { countTo } from '../testkit/timeline-documents.js'
import { judge, type StoredMessage, type Stretch } from './verdict.js'

// What the verdict over a round is worth: it finds each breach, and nothing where there is none.

const BASE = 10
const stored: readonly StoredMessage[] = countTo(15, BASE + 1).map((sequence) => ({
  id: `msg_${sequence}`,
  sequence,
  content: `This is ${sequence}`,
  clientMessageId: `key-${sequence}`,
}))
const sent = stored.map(({ id, sequence, content, clientMessageId }) => ({
  clientMessageId: clientMessageId ?? '',
  content: content ?? '',
  acknowledged: { id, sequence, content },
}))

const asPromised: Stretch = {
  deal: 'north',
  base: BASE,
  sent: [{ isOneAtATime: true, messages: sent }],
  stored,
  paged: stored,
  delivered: [{ subscriber: 'bea', deliveries: stored }],
}

const without = <Item>(items: readonly Item[], index: number) => items.toSpliced(index, 1)
const again = <Item>(items: readonly Item[], index: number) => [...items, ...items.slice(index, index + 1)]
const swapped = <Item>(items: readonly Item[]) => [...items.slice(1, 2), ...items.slice(0, 1), ...items.slice(2)]
const changed = <Item extends object>(items: readonly Item[], change: Partial<Item>) =>
  items.map((item, index) => (index === 2 ? { ...item, ...change } : item))
const hears = (deliveries: readonly StoredMessage[]) => ({ delivered: [{ subscriber: 'bea', deliveries }] })
const says = (messages: typeof sent) => ({ sent: [{ isOneAtATime: true, messages }] })

test('there is nothing to find where all is as it was promised', () => {
  expect(judge(asPromised)).toEqual([])
})

describe.each<[string, string, Partial<Stretch>]>([
  ['LOST', 'an acknowledged message that is not stored', { stored: stored.slice(0, -1), paged: stored.slice(0, -1) }],
  [
    'LOST',
    'a gap in the sequences',
    { stored: without(stored, 2), paged: without(stored, 2), ...says(without(sent, 2)) },
  ],
  ['LOST', 'a message that a subscriber never got', hears(without(stored, 2))],
  ['LOST', 'the last message, that a subscriber never got', hears(stored.slice(0, -1))],
  ['DOUBLED', 'a key that is stored twice', { stored: changed(stored, { clientMessageId: 'key-11' }) }],
  ['DOUBLED', 'a message that a subscriber got twice', hears(again(stored, 2))],
  [
    'DOUBLED',
    'an earlier message that a subscriber got again',
    hears([...stored, { ...sent[0], ...stored[0], sequence: 3 } as StoredMessage]),
  ],
  ['REORDERED', 'two messages that a subscriber got in the wrong order', hears(swapped(stored))],
  ['REORDERED', 'a message that stands before one that was acknowledged before it was begun', says(swapped(sent))],
  ['WRONG', 'a message that nobody has sent', says(without(sent, 2))],
  [
    'WRONG',
    'a message that was never acknowledged',
    { sent: [{ isOneAtATime: true, messages: sent.map((message) => ({ ...message, acknowledged: null })) }] },
  ],
  ['WRONG', 'another content in history', { stored: changed(stored, { content: 'another' }) }],
  [
    'WRONG',
    'an acknowledgement with another id',
    {
      sent: [
        {
          isOneAtATime: true,
          messages: sent.map((message) => ({ ...message, acknowledged: { ...message.acknowledged, id: 'msg_other' } })),
        },
      ],
    },
  ],
  ['WRONG', 'a history that is read in another way than it is stored', { paged: without(stored, 2) }],
  ['WRONG', 'a delivery with another content', hears(changed(stored, { content: 'another' }))],
])('%s', (breach, what, change) => {
  test(`is ${what}`, () => {
    const findings = judge({ ...asPromised, ...change })
    expect(findings.map((finding) => finding.breach)).toContain(breach)
  })
})
