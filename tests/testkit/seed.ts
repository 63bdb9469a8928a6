import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { expect } from 'vitest'
import type { TokenRequest } from '../../src/auth/token-issuer.js'
import type { PlatformViewer, UserViewer } from '../../src/auth/viewer.js'
import type { Service } from '../../src/compose.js'
import type { Message, ParticipantRole, TransactionStatus, User } from '../../src/generated/prisma/client.js'
import { type Answer, post } from './http-client.js'

export const PLATFORM: PlatformViewer = {
  kind: 'PLATFORM',
  clientId: 'test',
  scopes: ['platform'],
  tokenExpiresAt: new Date(8_640_000_000_000_000),
}

/** Fills the database of a test, by the same services that the platform's backend uses. Keys are made up by the test. */
export class Seed {
  readonly #service: Service
  readonly #url: string

  constructor(service: Service, url: string) {
    this.#service = service
    this.#url = url
  }

  /** Somebody who may sign in. */
  async person(key: string, displayName = key): Promise<Person> {
    const user = await this.#service.services.user.upsert(PLATFORM, { key, displayName })
    return new Person(this.#service, this.#url, user, await this.token({ subject: key }))
  }

  /** A deal with these people: `{ buyer: bea, seller: sam }`. Several may have one role: `{ agent: [ana, ari] }`. */
  async deal(
    key: string,
    people: People,
    { title = `The deal ${key}`, partnerClientId }: DealOptions = {},
  ): Promise<Deal> {
    const deal = new Deal(this.#service, key, title)
    await deal.seat(people, partnerClientId === undefined ? {} : { partnerClientId })
    return deal
  }

  /** Whomever a token like this stands for. */
  async caller(request: Partial<TokenRequest>): Promise<Caller> {
    return new Caller(this.#url, await this.token(request))
  }

  token(request: Partial<TokenRequest>): Promise<string> {
    if (!this.#service.issueToken) throw new Error('The service of this test has its keys elsewhere')
    const whose = request.subject === undefined ? { clientId: 'platform' } : {}
    return this.#service.issueToken({ lifetimeSeconds: 3600, ...whose, ...request })
  }
}

interface DealOptions {
  readonly title?: string
  readonly partnerClientId?: string
}

type People = Partial<Record<Lowercase<ParticipantRole>, Person | readonly Person[]>>

/** A deal, as the platform's backend has it. */
export class Deal {
  readonly key: string
  /** The global id. */
  readonly id: string
  readonly #service: Service
  readonly #title: string

  constructor(service: Service, key: string, title: string) {
    this.#service = service
    this.#title = title
    this.key = key
    this.id = `txn_${key}`
  }

  /** Makes these the participants: whoever is left out leaves. */
  async seat(people: People, options: { partnerClientId?: string | null } = {}): Promise<void> {
    const participants = Object.entries(people).flatMap(([role, seated]) =>
      [seated].flat().map((person) => ({ userKey: person.key, role: role.toUpperCase() as ParticipantRole })),
    )
    await this.#service.services.transaction.upsert(PLATFORM, {
      key: this.key,
      title: this.#title,
      status: 'DRAFT',
      participants,
      ...options,
    })
  }

  async changeStatus(status: TransactionStatus, message?: string): Promise<void> {
    await this.#service.services.transaction.changeStatus(PLATFORM, { transactionKey: this.key, status, message })
  }
}

/** Whoever has a token: a partner or the platform, for example. */
export class Caller {
  readonly token: string
  readonly #url: string

  constructor(url: string, token: string) {
    this.#url = url
    this.token = token
  }

  /** Asks over HTTP, and gives the whole answer. */
  ask<Data, Variables>(
    document: TypedDocumentNode<Data, Variables> | string,
    variables: Variables,
  ): Promise<Answer<Data>> {
    return post(this.#url, document, variables, { authorization: `Bearer ${this.token}` })
  }

  /** Asks over HTTP what must succeed. */
  async get<Data, Variables>(document: TypedDocumentNode<Data, Variables>, variables: Variables): Promise<Data> {
    const { data, errors } = await this.ask(document, variables)
    expect(errors).toEqual([])
    if (data == null) throw new Error('No errors and no data')
    return data
  }
}

/** A person with a token. */
export class Person extends Caller {
  readonly key: string
  /** The global id. */
  readonly id: string
  readonly viewer: UserViewer
  readonly #service: Service

  constructor(service: Service, url: string, user: User, token: string) {
    super(url, token)
    this.#service = service
    this.key = user.key
    this.id = `usr_${user.key}`
    this.viewer = { kind: 'USER', user, scopes: [], tokenExpiresAt: PLATFORM.tokenExpiresAt }
  }

  /** Sends a message, not over HTTP: for tests that are about something else. */
  say(deal: Deal, content: string, replyToId?: string): Promise<Message> {
    return this.#service.services.message.send(this.viewer, { transactionKey: deal.key, content, replyToId })
  }
}
