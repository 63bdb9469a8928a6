import { expect, onTestFinished, test } from 'vitest'
import { startTestService } from '../testkit/service.js'
import { query } from '../testkit/sql.js'

const EVERY_INSTANT = `{
  transactions {
    edges { cursor }
    nodes {
      createdAt statusChangedAt lastActivityAt
      participants { joinedAt lastReadAt }
      messages { nodes { createdAt editedAt deletedAt } }
      timeline { nodes { occurredAt } }
    }
  }
}`

test('in a database that lives in another time zone, every instant is what it is', async () => {
  const testService = await startTestService({ MAX_QUERY_COST: '100000' })
  onTestFinished(() => testService.close())
  const { database, seed, service } = testService
  const name = new URL(database.url).pathname.slice(1)
  await query(database.url, `ALTER DATABASE ${name} SET timezone = 'Asia/Tokyo'`)
  await query(
    database.url,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()`,
    [name],
  )
  const startedAt = Date.now()
  const bea = await seed.person('bea')
  const deal = await seed.deal('deal', { buyer: bea })
  await deal.changeStatus('FUNDED', 'The money is there.')
  const edited = await bea.say(deal, 'one')
  await service.services.message.edit(bea.viewer, edited.id, 'two')
  const deleted = await bea.say(deal, 'three')
  await service.services.message.delete(bea.viewer, deleted.id)
  await service.services.receipt.markRead(bea.viewer, deal.key, deleted.id)

  const { data, errors } = await bea.ask(EVERY_INSTANT, {})
  expect(errors).toEqual([])
  const instants = JSON.stringify(data).match(/\d{4}-\d\d-\d\dT[\d:.]+Z/g) ?? []
  expect(instants).toHaveLength(3 + 2 + 5 + 8)
  for (const instant of instants) {
    expect(Date.parse(instant)).toBeGreaterThanOrEqual(startedAt - 1)
    expect(Date.parse(instant)).toBeLessThanOrEqual(Date.now() + 1)
  }

  const { createdAt } = edited
  const since = `{ messages(transactionId: "txn_deal", filter: { sentAfter: "${createdAt.toISOString()}" }) { nodes { content } } }`
  expect((await bea.ask(since, {})).data).toEqual({ messages: { nodes: [{ content: 'two' }, { content: null }] } })
})
