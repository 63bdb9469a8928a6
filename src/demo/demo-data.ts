import type { UserViewer } from '../auth/viewer.js'
import type { Message, ParticipantRole, PrismaClient, TransactionStatus, User } from '../generated/prisma/client.js'
import type { Services } from '../graphql/context.js'
import { DEMO_PARTNER, DEMO_PEOPLE, DEMO_PLATFORM, type DemoPerson } from './demo-people.js'

/**
 * Puts the demo people and three deals of theirs into an empty database; two of the deals are of the demo's partner. One that has anybody in it is left alone.
 *
 * @returns what there is now, in a few words.
 */
export async function seedDemo(prisma: PrismaClient, services: Services): Promise<string> {
  if ((await prisma.user.count()) > 0 || (await prisma.transaction.count()) > 0) return 'all as it was'
  await new DemoStory(services).tell()
  return `${DEMO_PEOPLE.length} demo people, 3 demo deals`
}

/** Everything in it goes the way that it would go in life: through the services. */
class DemoStory {
  readonly #services: Services
  readonly #people = new Map<DemoPerson['key'], UserViewer>()

  constructor(services: Services) {
    this.#services = services
  }

  async tell(): Promise<void> {
    for (const { key, displayName } of DEMO_PEOPLE) {
      const user: User = await this.#services.user.upsert(DEMO_PLATFORM, { key, displayName })
      this.#people.set(key, { kind: 'USER', user, scopes: [], tokenExpiresAt: DEMO_PLATFORM.tokenExpiresAt })
    }
    await this.#bicycle()
    await this.#painting()
    await this.#guitar()
  }

  async #bicycle(): Promise<void> {
    const deal = await this.#deal('bicycle', 'Touring bicycle, 58 cm frame', {
      bea: 'BUYER',
      sam: 'SELLER',
      ana: 'AGENT',
    })
    await this.#say('bea', deal, 'Hello Sam! Is the bicycle still as in the pictures?')
    const answer = await this.#say('sam', deal, 'It is. I had the chain replaced last week, the bill is with it.')
    await this.#say('bea', deal, 'Perfect, then I pay today.', answer)
    await this.#status(deal, 'AWAITING_PAYMENT')
    await this.#status(deal, 'FUNDED', 'The payment has arrived and is held in escrow. Sam, please send the bicycle.')
    await this.#say('ana', deal, 'I have booked the carrier for Thursday.')
  }

  async #painting(): Promise<void> {
    const deal = await this.#deal('painting', 'Oil painting, "Harbour at dusk"', {
      bea: 'BUYER',
      sam: 'SELLER',
      ari: 'ARBITER',
    })
    await this.#status(deal, 'DELIVERED', 'The carrier reports the delivery.')
    const complaint = await this.#say('bea', deal, 'The frame arrived with a crack, see the lower left corner.')
    await this.#say('sam', deal, 'It left here whole. The packing must have failed.', complaint)
    await this.#status(deal, 'DISPUTED', 'Bea has opened a dispute. Ari decides.')
    await this.#say('ari', deal, 'Thank you both. Bea, please keep the packing until the carrier has seen it.')
  }

  async #guitar(): Promise<void> {
    await this.#deal('guitar', 'Acoustic guitar with case', { bea: 'SELLER', ana: 'BUYER' }, null)
  }

  async #deal(
    key: string,
    title: string,
    seats: Partial<Record<DemoPerson['key'], ParticipantRole>>,
    partnerClientId: string | null = DEMO_PARTNER.clientId,
  ): Promise<string> {
    const participants = Object.entries(seats).map(([userKey, role]) => ({ userKey, role }))
    await this.#services.transaction.upsert(DEMO_PLATFORM, {
      key,
      title,
      status: 'DRAFT',
      partnerClientId,
      participants,
    })
    return key
  }

  async #say(who: DemoPerson['key'], transactionKey: string, content: string, replyTo?: Message): Promise<Message> {
    const viewer = this.#people.get(who)
    if (!viewer) throw new Error(`Nobody in the demo is called ${who}`)
    return this.#services.message.send(viewer, { transactionKey, content, replyToId: replyTo?.id })
  }

  async #status(transactionKey: string, status: TransactionStatus, message?: string): Promise<void> {
    await this.#services.transaction.changeStatus(DEMO_PLATFORM, { transactionKey, status, message })
  }
}
