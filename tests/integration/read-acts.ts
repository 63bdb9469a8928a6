import fc from 'fast-check'
import type { Service } from '../../src/compose.js'
import { RefusalError } from '../../src/errors.js'
import { untilAvailable } from '../realtime/timeline-acts.js'
import type { Deal, Person } from '../testkit/seed.js'

/** Something that a device does for its person in one of two deals; `back` counts from the newest message there. */
export type Act =
  | { readonly kind: 'say'; readonly deal: number }
  | { readonly kind: 'mark' | 'markElsewhere' | 'edit' | 'delete'; readonly deal: number; readonly back: number }

const ROLES = ['buyer', 'seller', 'agent', 'arbiter'] as const
type Role = (typeof ROLES)[number]

/** Something that the platform does: says who takes part and as what (undefined: not at all), or changes the status. */
export type PlatformAct =
  | { readonly kind: 'seat'; readonly deal: number; readonly roles: readonly (Role | undefined)[] }
  | { readonly kind: 'status'; readonly deal: number; readonly says: boolean }

const deal = fc.nat(1)
const back = fc.oneof(fc.nat(2), fc.nat(20))
const kinds = <Kind extends string>(...names: Kind[]) => fc.constantFrom(...names)
const anyAct: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: kinds('say'), deal }) },
  { weight: 5, arbitrary: fc.record({ kind: kinds('mark'), deal, back }) },
  { weight: 2, arbitrary: fc.record({ kind: kinds('markElsewhere', 'edit', 'delete'), deal, back }) },
)
const anyRole = fc.option(fc.constantFrom(...ROLES), { freq: 4, nil: undefined })
const anyPlatformAct: fc.Arbitrary<PlatformAct> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: kinds('seat'), deal, roles: fc.tuple(anyRole, anyRole, anyRole) }) },
  { weight: 2, arbitrary: fc.record({ kind: kinds('status'), deal, says: fc.boolean() }) },
)

/** What happens at once: each device does one thing after the other, of one of three people; and so does the platform. */
export interface Round {
  readonly devices: readonly { readonly person: number; readonly acts: readonly Act[] }[]
  readonly platform: readonly PlatformAct[]
}

export const anyRounds: fc.Arbitrary<Round[]> = fc.array(
  fc.record({
    devices: fc.array(fc.record({ person: fc.nat(2), acts: fc.array(anyAct, { minLength: 1, maxLength: 6 }) }), {
      minLength: 2,
      maxLength: 6,
    }),
    platform: fc.array(anyPlatformAct, { maxLength: 4 }),
  }),
  { minLength: 1, maxLength: 3 },
)

/** What was said and answered. Of a mark that was refused nobody knows: its person may have left right after it. */
export interface Heard {
  /** By deal, the messages that somebody has seen, in no particular order. */
  readonly messages: readonly { id: string; sequence: number; senderKey: string | null }[][]
  readonly marks: { person: Person; deal: Deal; sequence: number; isAcknowledged: boolean }[]
}

/** The stage: three people, and two deals that they may have a seat in. */
export interface Stage {
  readonly services: Service['services']
  readonly people: readonly [Person, Person, Person]
  readonly deals: readonly [Deal, Deal]
}

/** Does it all; what is refused is refused. */
export async function actOut({ services, people, deals }: Stage, round: Round, heard: Heard): Promise<void> {
  const bySequence = (nth: number) =>
    (heard.messages[nth] ?? []).toSorted((one, other) => other.sequence - one.sequence)
  const act = async (person: Person, doing: Act) => {
    const here = deals[doing.deal] ?? deals[0]
    if (doing.kind === 'say') {
      heard.messages[doing.deal]?.push(await untilAvailable(() => person.say(here, 'words')))
      return
    }
    const messages = bySequence(doing.kind === 'markElsewhere' ? 1 - doing.deal : doing.deal)
    const isOwn = doing.kind === 'edit' || doing.kind === 'delete'
    const candidates = messages.filter(({ senderKey }) => !isOwn || senderKey === person.key)
    const message = candidates[doing.back % Math.max(1, candidates.length)]
    if (!message) return
    const { id, sequence } = message
    const { receipt, message: service } = services
    if (doing.kind === 'edit')
      await untilAvailable(() => service.edit(person.viewer, id, `words ${heard.marks.length}`))
    else if (doing.kind === 'delete') await untilAvailable(() => service.delete(person.viewer, id))
    else {
      const mark = { person, deal: here, sequence, isAcknowledged: false }
      if (doing.kind === 'mark') heard.marks.push(mark)
      const marked = await untilAvailable(() => receipt.markRead(person.viewer, here.key, id))
      if (doing.kind === 'markElsewhere') throw new Error('A message of another deal was marked as read')
      if (marked.lastReadSequence < sequence) throw new Error('A mark was acknowledged and not made')
      mark.isAcknowledged = true
    }
  }
  const platformAct = async (doing: PlatformAct, nth: number) => {
    const here = deals[doing.deal] ?? deals[0]
    if (doing.kind === 'status') {
      const status = nth % 2 === 0 ? 'FUNDED' : 'SHIPPED'
      return untilAvailable(() => here.changeStatus(status, doing.says ? 'The platform speaks.' : undefined))
    }
    const seated: Partial<Record<Role, Person[]>> = {}
    for (const [index, person] of people.entries()) {
      const role =
        doing.roles[index] ?? (index === 0 && doing.roles.every((each) => each === undefined) ? 'agent' : null)
      if (role) seated[role] = [...(seated[role] ?? []), person]
    }
    return untilAvailable(() => here.seat(seated))
  }
  await Promise.all([
    ...round.devices.map(async ({ person, acts }) => {
      for (const doing of acts) await act(people[person] ?? people[0], doing).catch(expectRefusal)
    }),
    (async () => {
      for (const [nth, doing] of round.platform.entries()) await platformAct(doing, nth)
    })(),
  ])
}

function expectRefusal(error: unknown): void {
  if (!(error instanceof RefusalError)) throw error
}
