import { expect, test } from 'vitest'
import { Burst } from '../testkit/burst.js'
import { postmasterOf } from '../testkit/postgres-files.js'
import { prepareProjectCopy } from '../testkit/project-copy.js'
import { countTo } from '../testkit/timeline-documents.js'
import { storedMessages } from './stored-messages.js'

const project = prepareProjectCopy()

test('kill -9 during a burst of sends loses no acknowledged message and doubles none', async () => {
  const first = project.start()
  const url = await first.url()
  const token = first.token('Ana')
  const burst = new Burst({ url, token, transactionId: 'txn_guitar' })
  await burst.acknowledges(300)
  const postmaster = postmasterOf(first.dataDirectory)

  first.signal('SIGKILL')
  await first.ended
  await burst.stop()

  const second = project.start({ dataDirectory: first.dataDirectory })
  const options = { url: await second.url(), token, transactionId: 'txn_guitar' }
  expect(postmasterOf(first.dataDirectory)).toBe(postmaster)
  // Whoever got no answer sends the same again, and so may whoever got one.
  await burst.sendAllAgain(options)
  const stored = await storedMessages(options.url, token, options.transactionId)
  const byKey = new Map(stored.map(({ clientMessageId, id }) => [clientMessageId, id]))
  expect(byKey).toEqual(burst.acknowledged)
  expect(stored.map(({ sequence }) => sequence)).toEqual(countTo(burst.fates.size))
}, 90_000)
