import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { post } from '../testkit/http-client.js'
import type { PersonKey } from './cast.js'
import { WHO_IS_ONLINE } from './documents.js'
import type { NodeFront } from './node-front.js'
import type { Finding } from './verdict.js'
import type { World } from './world.js'

const SHOWN_WITHIN_MS = 10_000
const FORGOTTEN_WITHIN_MS = 30_000
/** A node that is down meanwhile can't be asked. */
const GIVE_UP_AFTER_MS = 60_000
const LOOK_EVERY_MS = 250

/** Somebody who is connected until a fault strikes, and gone from then on. */
export class Visitor {
  readonly #world: World
  readonly #person: PersonKey
  readonly #client: Client

  private constructor(world: World, person: PersonKey, client: Client) {
    this.#world = world
    this.#person = person
    this.#client = client
  }

  /** Resolves when the visitor's node shows them online. */
  static async enter(world: World): Promise<Visitor> {
    const person = world.visitors.shift()
    if (person === undefined) throw new Error('There are no visitors')
    world.visitors.push(person)
    const front = world.random.pick(world.fronts)
    const client = createClient({
      url: front.webSocketUrl,
      webSocketImpl: WebSocket,
      connectionParams: { token: world.cast.tokens[person] },
      lazy: false,
      retryAttempts: 0,
      onNonLazyError: () => {},
    })
    const deadline = Date.now() + SHOWN_WITHIN_MS
    while (!(await peopleOnline(world, front)).has(person)) {
      if (Date.now() > deadline) throw new Error(`${person} is connected, and not shown online`)
      await sleep(LOOK_EVERY_MS)
    }
    return new Visitor(world, person, client)
  }

  /** Is gone at once, without a word. Resolves when both nodes have forgotten them, or with what is wrong. */
  async leave(): Promise<readonly Finding[]> {
    const leftAt = Date.now()
    this.#client.terminate()
    const findings = await Promise.all(this.#world.fronts.map((front) => this.#untilForgotten(front, leftAt)))
    return findings.flat()
  }

  async #untilForgotten(front: NodeFront, leftAt: number): Promise<readonly Finding[]> {
    for (;;) {
      await sleep(LOOK_EVERY_MS)
      const online = await peopleOnline(this.#world, front).catch(() => null)
      const agoMs = Date.now() - leftAt
      if (online?.has(this.#person) === false) return []
      if (agoMs > GIVE_UP_AFTER_MS || (online !== null && agoMs > FORGOTTEN_WITHIN_MS)) {
        const seen = online === null ? 'nobody could be asked' : 'is still shown online'
        return [{ breach: 'WRONG', what: `${this.#person} left ${agoMs} ms ago, and ${seen}` }]
      }
    }
  }
}

async function peopleOnline({ cast }: World, { url }: NodeFront): Promise<ReadonlySet<string>> {
  const headers = { authorization: `Bearer ${cast.tokens.ana}` }
  const { data } = await post(url, WHO_IS_ONLINE, { id: cast.dealIds.north }, headers)
  if (!data?.transaction) throw new Error("It can't be asked who is online")
  return new Set(
    data.transaction.participants.flatMap(({ user }) => (user.isOnline ? user.id.slice('usr_'.length) : [])),
  )
}
