import { setTimeout as sleep } from 'node:timers/promises'
import { countSeats, type DealKey, type PersonKey } from './cast.js'
import { countStatements, takeSnapshot, tellCosts } from './cost-counters.js'
import { Subscriber } from './subscriber.js'
import type { World } from './world.js'

const SUBSCRIBERS = 10
const MESSAGES = 300
/** A round trip takes longer; so nothing is committed together with something else. */
const PER_SECOND = 15
const PATIENCE_MS = 60_000
const IDLE_MS = 20_000
/** Until what was begun by the last fault has come to an end. */
const SETTLE_MS = 3_000

/**
 * Counts what a message costs with two nodes and ten subscribers when nothing is the matter: one sender says one message
 * after the other. What is asked all the time, messages or not, is counted first, and told apart.
 */
export async function countCosts(world: World): Promise<string> {
  const sender = world.senders[0]
  if (sender === undefined) throw new Error('There is nobody to send')
  const deal = sender.options.dealKey as DealKey
  const more = await moreSubscribers(world, deal)
  try {
    const listening = world.subscribers.filter(({ options }) => options.dealKey === deal)
    const newest = Math.max(...listening.map(({ deliveries }) => deliveries.length))
    await world.changes.until(() => more.every(({ deliveries }) => deliveries.length === newest), PATIENCE_MS)
    await countStatements(world)
    await sleep(SETTLE_MS)
    const start = await takeSnapshot(world)
    await sleep(IDLE_MS)
    const idle = await takeSnapshot(world)
    const heard = more.map(({ deliveries }) => deliveries.length)
    const target = sender.acknowledgedCount + MESSAGES
    sender.perSecond = PER_SECOND
    sender.start()
    await world.changes.until(() => sender.acknowledgedCount >= target, PATIENCE_MS)
    await sender.stop(PATIENCE_MS)
    const said = sender.acknowledgedCount - target + MESSAGES
    await world.changes.until(
      () => more.every((one, index) => one.deliveries.length - (heard[index] ?? 0) >= said),
      10_000,
    )
    const busy = await takeSnapshot(world)
    return tellCosts(
      { start, idle, busy },
      { messages: said, who: `${SUBSCRIBERS} subscribers of the deal, in which ${countSeats(deal)} take part` },
    )
  } finally {
    await Promise.all(more.map((subscriber) => subscriber.close()))
  }
}

/** Ten in all in the deal, half of them on each node. */
async function moreSubscribers(world: World, deal: DealKey): Promise<Subscriber[]> {
  const present = world.subscribers.filter(({ options }) => options.dealKey === deal)
  for (const subscriber of world.subscribers) subscriber.goHome()
  const people: readonly PersonKey[] = ['vera', 'vito', 'vic', 'val', 'van', 'veit', 'vio']
  const [one, other] = world.fronts
  const atOther = present.filter(({ options }) => options.fronts[0] === other).length
  return people.slice(0, SUBSCRIBERS - present.length).map((person, index) => {
    const fronts = index < SUBSCRIBERS / 2 - atOther ? ([other, one] as const) : ([one, other] as const)
    const template = present[0]?.options
    if (template === undefined) throw new Error('There are no subscribers')
    const subscriber = new Subscriber({ ...template, name: person, token: world.cast.tokens[person], fronts })
    subscriber.onDelivered = world.changes.tell
    return subscriber
  })
}
