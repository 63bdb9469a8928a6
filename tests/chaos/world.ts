import { type Closable, closeAll } from '../../src/platform/close-all.js'
import { post } from '../testkit/http-client.js'
import type { Random } from '../testkit/random.js'
import { type Cast, type DealKey, SENDERS, SUBSCRIBERS, VISITORS } from './cast.js'
import { Changes } from './changes.js'
import { WHERE_IT_STANDS } from './documents.js'
import type { NodeFront } from './node-front.js'
import { Reader } from './reader.js'
import { sendOverHttp, sendOverWebSocket } from './send-ways.js'
import { Sender } from './sender.js'
import { type Servers, startServers } from './servers.js'
import { Subscriber } from './subscriber.js'

/** The service as it runs in production, on servers of its own, with people who talk and listen. */
export class World implements Servers {
  readonly postgres: Servers['postgres']
  readonly redis: Servers['redis']
  readonly nodes: Servers['nodes']
  readonly cast: Cast
  readonly random: Random
  readonly senders: readonly Sender[]
  readonly subscribers: readonly Subscriber[]
  readonly readers: readonly Reader[]
  /** Who comes next for a moment: always the one who has been away for longest. */
  readonly visitors = [...VISITORS]
  /** Told of every acknowledgement and delivery. */
  readonly changes = new Changes()
  readonly #started: Closable[]

  private constructor(
    { postgres, redis, nodes }: Servers,
    cast: Cast,
    after: Starts,
    random: Random,
    started: Closable[],
  ) {
    this.postgres = postgres
    this.redis = redis
    this.nodes = nodes
    this.cast = cast
    this.random = random
    this.#started = started
    this.senders = SENDERS.map((part, index) => this.#sender(part, index))
    this.subscribers = SUBSCRIBERS.map((part, index) => this.#subscriber(part, after[part.deal], index))
    const readers = this.subscribers.filter(({ options }) => options.name.startsWith('ana'))
    this.readers = readers.map((subscriber) => new Reader(subscriber, this.fronts, random))
  }

  /**
   * Starts everything, on an empty directory.
   *
   * @throws {Error} when it can't; then nothing is left running.
   */
  static async open(directory: string, random: Random): Promise<World> {
    const started: Closable[] = []
    try {
      const { cast, ...servers } = await startServers(directory, started)
      const after = await startsOf(servers.nodes[0].front, cast)
      return new World(servers, cast, after, random, started)
    } catch (error) {
      await closeAll(started)
      throw error
    }
  }

  get fronts(): readonly [NodeFront, NodeFront] {
    return [this.nodes[0].front, this.nodes[1].front]
  }

  /** How many messages senders were told are stored. */
  get acknowledgedCount(): number {
    return this.senders.reduce((sum, sender) => sum + sender.acknowledgedCount, 0)
  }

  get underWayCount(): number {
    return this.senders.reduce((sum, sender) => sum + sender.underWayCount, 0)
  }

  async close(): Promise<void> {
    for (const sender of this.senders) sender.giveUp()
    await Promise.all([
      ...this.readers.map((reader) => reader.stop()),
      ...this.subscribers.map((subscriber) => subscriber.close()),
      ...this.senders.map(({ options }) => options.way.close()),
    ])
    await closeAll(this.#started)
  }

  #sender({ person, deal, way, atOnce }: (typeof SENDERS)[number], index: number): Sender {
    const token = this.cast.tokens[person]
    const sender = new Sender({
      name: person,
      dealKey: deal,
      transactionId: this.cast.dealIds[deal],
      way: way === 'HTTP' ? sendOverHttp(token) : sendOverWebSocket(token),
      atOnce,
      fronts: this.#frontsOf(index),
    })
    sender.onAcknowledged = this.changes.tell
    return sender
  }

  #subscriber({ person, deal, follows }: (typeof SUBSCRIBERS)[number], after: string, index: number): Subscriber {
    const subscriber = new Subscriber({
      name: `${person} in ${deal}`,
      dealKey: deal,
      transactionId: this.cast.dealIds[deal],
      token: this.cast.tokens[person],
      follows,
      after,
      fronts: this.#frontsOf(index),
    })
    subscriber.onDelivered = this.changes.tell
    return subscriber
  }

  /** Half of the people are at home on each node. */
  #frontsOf(index: number): readonly [NodeFront, NodeFront] {
    const [first, second] = this.fronts
    return index % 2 === 0 ? [first, second] : [second, first]
  }
}

type Starts = Readonly<Record<DealKey, string>>

/** Where each deal stands before anything is said. */
async function startsOf({ url }: NodeFront, { tokens, dealIds }: Cast): Promise<Starts> {
  const read = async (id: string) => {
    const { data } = await post(url, WHERE_IT_STANDS, { id }, { authorization: `Bearer ${tokens.ana}` })
    if (!data?.transaction) throw new Error(`${id} can't be read`)
    return data.transaction.timelineCursor
  }
  return { north: await read(dealIds.north), south: await read(dealIds.south) }
}
