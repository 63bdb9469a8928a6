import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { fillDeal } from '../testkit/long-deal.js'
import { MirrorFixture } from './mirror-fixture.js'

// Each starts programs, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 60_000 })
const fixture = new MirrorFixture()

test('a mirror has every entry of every deal of the partner, as it is, and of nobody else’s', async () => {
  const { testService, bea, sam } = fixture
  const partner = await fixture.newPartner()
  const other = await fixture.newPartner()
  await (async () => bea.say(await other.newDeal(), 'Not for them'))()
  const long = await partner.newDeal()
  await fillDeal(testService.database.url, long, [bea, sam], { count: 247, content: 'Once more' })
  const full = await partner.newDeal('full')
  await fillDeal(testService.database.url, full, [bea], { count: 197, content: 'Two pages to the last line' })
  const varied = await partner.newDeal('a:key@of.all_signs-')
  const said = await bea.say(varied, 'One line,\nand another: „ü 🙂\u2028"')
  const { message: messages } = testService.service.services
  await messages.edit(bea.viewer, said.id, 'Changed')
  await messages.delete(sam.viewer, (await sam.say(varied, 'Taken back', said.id)).id)
  await varied.changeStatus('FUNDED', 'It is paid.')
  await varied.seat({ buyer: bea })

  const mirror = partner.start(['--once'])
  await mirror.succeeds()
  for (const deal of partner.deals) {
    const stored = await partner.stored(deal)
    expect(partner.mirrored(deal)).toMatchObject(stored)
    expect(partner.mirrored(deal)).toHaveLength(stored.length)
  }
  expect(readdirSync(partner.folder).sort()).toEqual(
    ['deals.jsonl', ...partner.deals.map(({ id }) => `${encodeURIComponent(id)}.jsonl`)].sort(),
  )
  expect(mirror.output).toMatch(/^Complete: 3\/3 deals, 460 entries, [\d,]+ entries\/s$/m)
  const list = readFileSync(join(partner.folder, 'deals.jsonl'), 'utf8').trimEnd().split('\n')
  expect(list.map((line) => JSON.parse(line))).toEqual(
    [long, full, varied].map(({ id }) => expect.objectContaining({ id, title: expect.any(String) })),
  )
})

test('a line has what was said, by whom, about which message, and when', async () => {
  const { testService, bea, sam } = fixture
  const partner = await fixture.newPartner()
  const deal = await partner.newDeal()
  const { id } = await bea.say(deal, 'Is it blue?')
  await sam.say(deal, 'It is.', id)
  await testService.service.services.message.edit(bea.viewer, id, 'Is it red?')
  await partner.start(['--once']).succeeds()
  const about = { message: { id: `msg_${id}` }, actor: { id: 'usr_bea' }, occurredAt: expect.any(String) }
  expect(partner.mirrored(deal)?.slice(3)).toMatchObject([
    { node: { __typename: 'MessageSent', position: 4, content: 'Is it blue?', ...about } },
    { node: { __typename: 'MessageSent', position: 5, content: 'It is.', message: { replyTo: { id: `msg_${id}` } } } },
    { node: { __typename: 'MessageEdited', position: 6, content: 'Is it red?', ...about } },
  ])
})

test('what happens later is added at once: messages, edits, deletions, statuses and people', async () => {
  const { testService, bea, sam } = fixture
  const { message: messages } = testService.service.services
  const partner = await fixture.newPartner()
  const deal = await partner.newDeal()
  const mirror = partner.start(['--every', '3600'])
  await mirror.untilPrinted('Complete')
  const said = await bea.say(deal, 'Live')
  await partner.isComplete()
  // What doesn't move a deal in the list is told by the subscription.
  await messages.edit(bea.viewer, said.id, 'Edited')
  await partner.isComplete()
  await messages.delete(bea.viewer, said.id)
  await partner.isComplete()
  await deal.seat({ buyer: bea, seller: sam, agent: await testService.seed.person('ana') })
  await partner.isComplete()
  await deal.changeStatus('CANCELLED')
  await partner.isComplete()
  const registered = await partner.newDeal()
  await sam.say(registered, 'This deal is new')
  await partner.isComplete()
  mirror.signal('SIGTERM')
  await mirror.succeeds()
  expect(mirror.output).toMatch(/Stopped: .* goes on from here/)
  expect(readdirSync(partner.folder)).not.toContain('mirror.lock')
})

test('of more deals than a socket takes subscriptions for, none is forgotten', async () => {
  const { testService, bea } = fixture
  const partner = await fixture.newPartner()
  const quietest = await partner.newDeal()
  const said = await bea.say(quietest, 'Long ago')
  for (let others = 0; others < 102; others += 1) await partner.newDeal()
  const mirror = partner.start(['--every', '1'])
  await mirror.untilPrinted('Complete: 103/103 deals')
  await testService.service.services.message.edit(bea.viewer, said.id, 'Nobody listens to this')
  await vi.waitFor(() => expect(partner.mirrored(quietest)).toHaveLength(5), 30_000)
  await bea.say(quietest, 'But now')
  await vi.waitFor(() => expect(partner.mirrored(quietest)).toHaveLength(6), 30_000)
})

test('a deal that the partner loses stays as it was, and goes on when it comes back', async () => {
  const { bea, sam } = fixture
  const partner = await fixture.newPartner()
  const [lost, kept] = [await partner.newDeal(), await partner.newDeal()]
  await bea.say(lost, 'Before')
  const mirror = partner.start(['--every', '1'])
  await mirror.untilPrinted('Complete')
  await partner.isComplete()
  const before = partner.mirrored(lost)
  await lost.seat({ buyer: bea, seller: sam }, { partnerClientId: null })
  await mirror.untilPrinted(`${lost.id} is not ours any more`)
  await bea.say(lost, 'Between us')
  const last = await bea.say(kept, 'Still here')
  await vi.waitFor(() => expect(partner.mirrored(kept)?.at(-1)?.node.position).toBe(last.position), 30_000)
  expect(partner.mirrored(lost)).toEqual(before)
  await lost.seat({ buyer: bea, seller: sam }, { partnerClientId: partner.clientId })
  await partner.isComplete()
  expect(partner.mirrored(lost)?.at(-1)?.node.content).toBe('Between us')
})
