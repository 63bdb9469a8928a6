import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { text } from 'node:stream/consumers'
import { print } from 'graphql'
import { expect, onTestFinished, test } from 'vitest'
import { RawSocket } from '../testkit/raw-socket.js'
import { startTestService } from '../testkit/service.js'
import { FOLLOW_MESSAGES, timelineCursor } from '../testkit/timeline-documents.js'
import { connect, listen } from '../testkit/websocket-client.js'

async function startService() {
  const testService = await startTestService()
  const bea = await testService.seed.person('bea')
  const sam = await testService.seed.person('sam')
  const deal = await testService.seed.deal('closing', { buyer: bea, seller: sam })
  return { testService, bea, sam, deal }
}

test('a service that closes tells every socket to come back', async () => {
  const { testService, bea, sam, deal } = await startService()
  const idle = await RawSocket.open(testService.webSocketUrl, { protocol: 'graphql-transport-ws' })
  const busy = await RawSocket.connect(testService.webSocketUrl, sam.token)
  const client = connect(testService.webSocketUrl, bea.token)
  const listener = listen(client, FOLLOW_MESSAGES, { transactionId: deal.id, after: await timelineCursor(bea, deal) })
  await bea.say(deal, 'Hello')
  await listener.next()
  await testService.close()

  expect(await idle.closed).toEqual({ code: 1012, reason: 'Service restart' })
  expect(await busy.closed).toEqual({ code: 1012, reason: 'Service restart' })
  expect(await listener.ended).toMatchObject({ code: 1012 })
})

test('closing is not kept up by a reader who is far behind, nor by one who listens', async () => {
  const { testService, bea, sam, deal } = await startService()
  const silent = await RawSocket.connect(testService.webSocketUrl, sam.token)
  silent.subscribe('deal', print(FOLLOW_MESSAGES), { transactionId: deal.id })
  await silent.untilPong()
  silent.pause()
  onTestFinished(() => silent.terminate())
  for (let batch = 0; batch < 5; batch += 1) {
    await Promise.all(Array.from({ length: 100 }, () => bea.say(deal, '界'.repeat(10_000))))
  }
  await testService.close()
})

test('who upgrades an older connection while the sockets are being closed is refused, and keeps nothing from closing', async () => {
  const { testService, sam } = await startService()
  const { host, port } = testService.service.address
  const older = connectTcp(port, host)
  await once(older, 'connect')
  // Closing takes its time, for this one doesn't answer.
  const silent = await RawSocket.connect(testService.webSocketUrl, sam.token)
  silent.pause()
  onTestFinished(() => silent.terminate())
  const polite = await RawSocket.connect(testService.webSocketUrl, sam.token)

  const closing = testService.close()
  await polite.closed
  const upgrade = ['GET /graphql HTTP/1.1', 'Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket']
  const webSocket = ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']
  older.write(`${[...upgrade, ...webSocket].join('\r\n')}\r\n\r\n`)

  expect(await text(older)).toMatch(/^HTTP\/1\.1 503 /)
  await closing
})

test('a connection that never says anything does not keep the service from closing', async () => {
  const { testService } = await startService()
  const { host, port } = testService.service.address
  const connection = connectTcp(port, host)
  onTestFinished(() => void connection.destroy())
  await once(connection, 'connect')
  await testService.close()
})
