import { setTimeout as sleep } from 'node:timers/promises'
import type { Subscriber } from './subscriber.js'
import type { World } from './world.js'

/** What one node commits, the other delivers within this time when Redis connects them; by asking Postgres every 2 s it can't. */
const LIVE_MS = 500
/** One that is delivered in time can be luck: Postgres was just asked. The next, some time after it, can't. */
const IN_A_ROW = 2
const PAUSE_MS = 300
const DELIVERED_AT_LAST_MS = 10_000

/** Whether news go from one node to the other at once, or do so before the deadline. Nobody else says anything meanwhile. */
export async function isLiveBefore(world: World, deadline: number): Promise<boolean> {
  const [sender] = world.senders
  if (sender === undefined) throw new Error('There is nobody to send')
  for (let inARow = 0; inARow < IN_A_ROW; ) {
    await sleep(PAUSE_MS)
    const { acknowledged } = await sender.say()
    const elsewhere = world.subscribers.filter(
      ({ options, front }) => options.dealKey === sender.options.dealKey && front !== sender.front,
    )
    if (elsewhere.length === 0) throw new Error('Nobody listens on the other node')
    const has = ({ deliveries }: Subscriber) => deliveries.at(-1)?.sequence === acknowledged?.sequence
    const isLive = await world.changes.until(() => elsewhere.every(has), LIVE_MS)
    inARow = isLive ? inARow + 1 : 0
    if (isLive) continue
    if (Date.now() > deadline) return false
    await world.changes.until(() => elsewhere.every(has), DELIVERED_AT_LAST_MS)
  }
  return true
}
