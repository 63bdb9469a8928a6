import fc from 'fast-check'
import type { Service } from '../../src/compose.js'
import { ServiceUnavailableError } from '../../src/errors.js'
import { isDatabaseUnavailable } from '../../src/platform/database-errors.js'
import type { Deal, Person } from '../testkit/seed.js'

/** Something that somebody does to a deal; `nth` picks one of the own messages. */
export type Act =
  | { readonly kind: 'send' }
  | { readonly kind: 'edit'; readonly nth: number }
  | { readonly kind: 'delete'; readonly nth: number }
  | { readonly kind: 'status'; readonly says: boolean }

const anyAct: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('send' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('edit' as const), nth: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), nth: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('status' as const), says: fc.boolean() }) },
)

/** What each of three people does, one thing after the other. */
export const anyActs: fc.Arbitrary<Act[][]> = fc.array(fc.array(anyAct, { minLength: 5, maxLength: 25 }), {
  minLength: 3,
  maxLength: 3,
})

/** Everybody acts at the same time as everybody else. */
export async function actAtOnce(
  services: Service['services'],
  deal: Deal,
  people: readonly Person[],
  acts: readonly (readonly Act[])[],
): Promise<void> {
  await Promise.all(people.map((person, index) => actInTurn(services, deal, person, acts[index] ?? [])))
}

async function actInTurn({ message: messages }: Service['services'], deal: Deal, person: Person, acts: readonly Act[]) {
  const own: string[] = []
  let done = 0
  for (const act of acts) {
    done += 1
    const words = `${person.key} says ${done}`
    if (act.kind === 'status') {
      const status = done % 2 === 0 ? 'FUNDED' : 'SHIPPED'
      await untilAvailable(() => deal.changeStatus(status, act.says ? words : undefined))
    } else if (act.kind === 'send' || own.length === 0) {
      own.push((await untilAvailable(() => person.say(deal, words))).id)
    } else {
      const [id = ''] = own.splice(act.nth % own.length, 1)
      if (act.kind === 'delete') await untilAvailable(() => messages.delete(person.viewer, id))
      else {
        await untilAvailable(() => messages.edit(person.viewer, id, words))
        own.push(id)
      }
    }
  }
}

/** On a busy machine it can take longer than a lock is waited for. Then nothing was done, and one tries again. */
export async function untilAvailable<Result>(act: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await act()
    } catch (error) {
      if (!(error instanceof ServiceUnavailableError) && !isDatabaseUnavailable(error)) throw error
    }
  }
}
