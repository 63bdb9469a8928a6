import { getNamedType, isCompositeType, isInterfaceType, isLeafType, isObjectType } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeCursor } from '../../src/chat/timeline/timeline-cursor.js'
import { createSchema } from '../../src/graphql/schema.js'
import { DOORS } from './doors.js'
import { fieldOf, NODE_TYPES } from './expected.js'
import { isPerson, PEOPLE, type ViewerKind } from './viewer-kinds.js'
import { BY_RULE, FOR_EVERYONE, type VisibilityRow } from './visible-fields.js'
import { STARTS_WITHIN_MS, startWorld, type World } from './world.js'

// What those who see something see of it: the same, but for a few fields.

const schema = createSchema()
const ROOTS = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
const types = Object.values(schema.getTypeMap())
  .filter(isObjectType)
  .filter((type) => !ROOTS.includes(type) && !type.name.startsWith('__'))
const fields = types.flatMap((type) => Object.keys(type.getFields()).map((field) => `${type.name}.${field}`))
const forEveryone = Object.entries(FOR_EVERYONE).flatMap(([type, names]) =>
  names.split(' ').map((name) => `${type}.${name}`),
)
const byRule = Object.keys(BY_RULE) as VisibilityRow[]
const READERS = NODE_TYPES['Transaction']?.sees ?? []

let world: World
/** An entry of a message that stands, and one of its edit. */
let standing: { readonly sent: string; readonly edited: string }

beforeAll(async () => {
  world = await startWorld()
  const { deal, people, own, newest, testService } = world
  const { message } = testService.service.services
  const edited = await message.edit(people.BUYER.viewer, own.BUYER?.toEdit ?? '', 'edited')
  standing = { sent: `evt_${newest.position}.deal`, edited: `evt_${edited.version}.deal` }
  // Nobody has read this.
  await deal.changeStatus('SHIPPED', 'It is on its way.')
}, STARTS_WITHIN_MS)
afterAll(() => world.close())

describe(`the ${fields.length} fields of ${types.length} types`, () => {
  test('are each listed once: as the same for everyone who sees the parent, or with a rule', () => {
    const listed = [...forEveryone, ...new Set(byRule.map(fieldOf))]
    expect(listed.sort()).toEqual(fields.toSorted())
  })

  test('have rules that name each reader once', () => {
    for (const { shown, hidden } of Object.values(BY_RULE)) {
      expect([...shown, ...hidden].sort()).toEqual([...READERS].sort())
    }
  })
})

/** All that everyone sees below a type: its own fields, of what they lead to the plain ones; pages down to their items. */
function selectionOf(typeName: string, deeper = true): string {
  const type = schema.getType(typeName)
  if (!isObjectType(type) && !isInterfaceType(type)) throw new TypeError(`${typeName} has no fields`)
  const names = isObjectType(type) ? (FOR_EVERYONE[typeName]?.split(' ') ?? []) : Object.keys(type.getFields())
  const selected = names.flatMap((name) => {
    const field = type.getFields()[name]
    if (!field) throw new TypeError(`${typeName} has no ${name}`)
    const below = getNamedType(field.type)
    if (isLeafType(below)) return [name]
    const isOfPage = /(Connection|Edge)$/.test(typeName) || /(Connection|Edge)$/.test(below.name)
    return isCompositeType(below) && (deeper || isOfPage) ? [`${name} ${selectionOf(below.name, false)}`] : []
  })
  return `{ __typename ${selected.join(' ')} }`
}

const nodeTypes = Object.keys(NODE_TYPES)

describe.each(nodeTypes)('all of a %s that has no rule', (typeName) => {
  test.each(READERS.filter((kind) => kind !== 'PLATFORM'))('is shown to %s as to the platform', async (kind) => {
    const query = `{ node(id: "${world.ids[typeName]}") { ... on ${typeName} ${selectionOf(typeName)} } }`
    const answer = await world.ask(kind, 'HTTP', query)
    expect(answer).toMatchObject({ data: { node: { __typename: typeName } } })
    expect(answer).toEqual(await world.ask('PLATFORM', 'HTTP', query))
  })
})

/** Where each case of a rule is seen: an entry of the timeline, and what of it, called `it`. */
interface Sight {
  readonly entry: () => string | undefined
  readonly select: string
  readonly shown: (kind: ViewerKind) => unknown
  readonly hidden: unknown
}

const ofMessage = (select: string) => `... on MessageSent { message { ${select} } }`
const inSent = '... on MessageSent { it: content }'
const inEdited = '... on MessageEdited { it: content }'

const SIGHTS: Readonly<Record<VisibilityRow, Sight>> = {
  'Message.content': {
    entry: () => standing.sent,
    select: ofMessage('it: content'),
    shown: () => 'newest',
    hidden: null,
  },
  'Message.content once deleted': {
    entry: () => world.ids['MessageSent'],
    select: ofMessage('it: content'),
    shown: () => 'said then',
    hidden: null,
  },
  'MessageSent.content': { entry: () => standing.sent, select: inSent, shown: () => 'newest', hidden: null },
  'MessageSent.content once deleted': {
    entry: () => world.ids['MessageSent'],
    select: inSent,
    shown: () => 'said first',
    hidden: null,
  },
  'MessageEdited.content': { entry: () => standing.edited, select: inEdited, shown: () => 'edited', hidden: null },
  'MessageEdited.content once deleted': {
    entry: () => world.ids['MessageEdited'],
    select: inEdited,
    shown: () => 'said then',
    hidden: null,
  },
  'Transaction.viewerParticipant': {
    entry: () => standing.sent,
    select: ofMessage('transaction { it: viewerParticipant { id } }'),
    shown: (kind) => ({ id: isPerson(kind) && world.seats[PEOPLE[kind]] }),
    hidden: null,
  },
  'Transaction.viewerUnreadCount': {
    entry: () => standing.sent,
    select: ofMessage('transaction { it: viewerUnreadCount }'),
    shown: () => expect.toSatisfy((count: number) => count > 0),
    hidden: 0,
  },
  'User.isOnline': {
    entry: () => standing.sent,
    select: 'actor { it: isOnline }',
    shown: () => true,
    hidden: false,
  },
  'User.isOnline of who left': {
    entry: () => world.ids['ParticipantLeft'],
    select: '... on ParticipantLeft { user { it: isOnline } }',
    shown: () => true,
    hidden: false,
  },
  'User.lastSeenAt': {
    entry: () => standing.sent,
    select: 'actor { it: lastSeenAt }',
    shown: () => expect.any(String),
    hidden: null,
  },
  'User.lastSeenAt of who left': {
    entry: () => world.ids['ParticipantLeft'],
    select: '... on ParticipantLeft { user { it: lastSeenAt } }',
    shown: () => expect.any(String),
    hidden: null,
  },
}

/** What the answer has under the name `it`, wherever that is. */
function found(data: unknown): unknown {
  if (typeof data !== 'object' || data === null) return undefined
  if ('it' in data) return data.it
  return Object.values(data)
    .map(found)
    .find((it) => it !== undefined)
}

/** Asks for an entry as the newest thing of a subscription that goes on from before it. */
async function deliver(kind: ViewerKind, entry: string, select: string) {
  const position = Number.parseInt(entry.replace('evt_', ''), 10)
  const after = encodeCursor('deal', position - 1)
  const document = `subscription { timelineAdvanced(transactionId: "txn_deal", after: "${after}") { node { position ${select} } } }`
  const subscription = await world.socket(kind).subscribe(document)
  const answer = await subscription.next()
  subscription.stop()
  return answer
}

describe.each(byRule)('%s', (row) => {
  const { shown, hidden } = BY_RULE[row]
  const cases = [...shown.map((kind) => [kind, 'shown'] as const), ...hidden.map((kind) => [kind, 'hidden'] as const)]

  test.each(cases)('to %s is %s at every door, and in a delivery', async (kind, outcome) => {
    const sight = SIGHTS[row]
    const entry = sight.entry() ?? ''
    const expected = outcome === 'shown' ? sight.shown(kind) : sight.hidden
    for (const door of DOORS) {
      const { data, errors } = await world.ask(
        kind,
        door,
        `{ node(id: "${entry}") { ... on TimelineEntry { ${sight.select} } } }`,
      )
      expect([door, errors, found(data)]).toEqual([door, undefined, expected])
    }
    const { data, errors } = await deliver(kind, entry, sight.select)
    expect(['delivery', errors, found(data)]).toEqual(['delivery', undefined, expected])
  })
})
