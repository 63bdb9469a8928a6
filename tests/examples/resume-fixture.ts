import { randomUUID } from 'node:crypto'
import type { Message } from 'graphql-ws'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { CuttingProxy } from '../testkit/cutting-proxy.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { query } from '../testkit/sql.js'
import { timelineCursor } from '../testkit/timeline-documents.js'
import { type Beginning, type Follow, Hearing } from './hearing.js'

export interface ClientOptions {
  readonly url: string
  readonly token: () => string | null | Promise<string | null>
  /** How often to ping, and how long to wait for the answer; undefined: as the example has it. */
  readonly keepAlive?: number
  readonly patienceMs?: number
  /** Is told every message that comes over the socket. */
  readonly onMessage: (message: Message) => void
}

/** Builds a client as an example shows it. */
export type Open = (options: ClientOptions) => Follow

/** What each subscription is about. */
const KINDS = {
  messageAdded: ['MESSAGE_SENT'],
  messageChanged: ['MESSAGE_EDITED', 'MESSAGE_DELETED'],
  transactionStatusChanged: ['STATUS_CHANGED'],
  timelineAdvanced: ['MESSAGE_SENT', 'MESSAGE_EDITED', 'MESSAGE_DELETED', 'STATUS_CHANGED'],
}

/** A service, five people who talk, and Sam, who listens through a proxy. */
export class ResumeFixture {
  senders: Person[] = []
  readonly #open: Open
  readonly #secret = randomUUID()
  #deals = 0
  #testService: TestService | undefined
  #sam: Person | undefined

  constructor(open: Open) {
    this.#open = open
    beforeAll(async () => {
      this.#testService = await startTestService({ JWT_SECRET: this.#secret })
      const { seed } = this.#testService
      this.senders = await Promise.all(['bea', 'ana', 'ari', 'pia', 'kim'].map((key) => seed.person(key)))
      this.#sam = await seed.person('sam')
    })
    afterAll(() => this.#testService?.close())
  }

  get testService(): TestService {
    if (!this.#testService) throw new Error('Not started')
    return this.#testService
  }

  get bea(): Person {
    return this.senders[0] ?? this.sam
  }

  get sam(): Person {
    if (!this.#sam) throw new Error('Not started')
    return this.#sam
  }

  /** A deal of all, and where its timeline stands. */
  async newDeal(): Promise<{ deal: Deal; after: string }> {
    this.#deals += 1
    const deal = await this.testService.seed.deal(`resume-${this.#deals}`, { seller: this.sam, agent: this.senders })
    return { deal, after: await timelineCursor(this.sam, deal) }
  }

  /** The positions of all entries that a subscription is about, but for those with which every deal begins. */
  async storedPositions({ key }: Deal, field: keyof typeof KINDS): Promise<number[]> {
    const registered = 2 + this.senders.length
    const rows = await query<{ position: number }>(
      this.testService.database.url,
      `SELECT position FROM "TimelineEntry"
       WHERE "transactionKey" = $1 AND kind::text = ANY($2) AND position > $3 ORDER BY position`,
      [key, KINDS[field], registered],
    )
    return rows.map(({ position }) => position)
  }

  /** Another service on the same database; it goes with the test. */
  async startAnother(): Promise<TestService> {
    const { url } = this.testService.database
    const another = await startTestService({ JWT_SECRET: this.#secret, DATABASE_URL: url })
    onTestFinished(() => another.close())
    return another
  }

  /** A client of Sam's, what came over its socket so far, and the proxy that it goes through. */
  async connect({ to = this.testService, token = () => this.sam.token, ...pings }: Partial<SamsConnection> = {}) {
    const proxy = await CuttingProxy.start(to.service.address.port)
    const messages: Message[] = []
    const url = `ws://127.0.0.1:${proxy.port}/graphql`
    const follow = this.#open({ url, token, ...pings, onMessage: (message) => messages.push(message) })
    const hear = (document: Parameters<Follow>[0], beginning: Beginning) => {
      const hearing = new Hearing(follow, document, beginning)
      onTestFinished(hearing.stop)
      return hearing
    }
    return { proxy, messages, hear }
  }
}

interface SamsConnection extends Pick<ClientOptions, 'token' | 'keepAlive' | 'patienceMs'> {
  readonly to: TestService
}
