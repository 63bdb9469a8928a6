import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { describeInBrowser } from '../testkit/browser.js'
import { post } from '../testkit/http-client.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { PlaygroundWindow } from './playground-window.js'

const WIDE_ENOUGH_FOR_ONE_LINE = { width: 2400, height: 1000 }

describeInBrowser('the playground', (launch) => {
  let service: TestService
  let browser: Browser
  let context: BrowserContext
  let elsewhere: string[]

  beforeAll(async () => {
    service = await startTestService({ NODE_ENV: 'development' })
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await service?.close()
  })

  beforeEach(async () => {
    elsewhere = []
    context = await browser.newContext({
      viewport: WIDE_ENOUGH_FOR_ONE_LINE,
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    const { origin } = new URL(service.url)
    await context.route(
      (url) => url.origin !== origin,
      (route) => {
        elsewhere.push(route.request().url())
        return route.abort()
      },
    )
  })
  afterEach(async () => {
    await context.close()
    expect(elsewhere).toEqual([])
  })

  const open = () => PlaygroundWindow.open(context, service.url)
  const tokenOf = (subject: string) => service.seed.token({ subject })

  test('opens with the example and the documentation, without a token, and asks nobody but the service', async () => {
    const asked = new Set<string>()
    context.on('request', (request) => {
      // The workers are made by the page itself.
      if (!request.url().startsWith('blob:')) asked.add(`${request.method()} ${request.url()}`)
    })
    const playground = await open()
    await playground.reads('query MyDeals')
    expect(await playground.offered()).toEqual(['MyDeals', 'Listen', 'Send'])
    expect(await playground.lookUp('Subscription')).toContain('messageAdded')
    await playground.write('query Wrong { nobody }')
    await playground.underlines()
    expect([...asked]).toEqual([`GET ${service.url}`, `POST ${service.url}`])
    expect(playground.complaints).toEqual([])
  })

  test('says where to get a token when there is no good one, to a query and to a subscription', async () => {
    const playground = await open()
    await playground.run('MyDeals')
    await playground.shows('A valid token is needed: send the header')
    await playground.shows('Put a token into the Headers pane')
    await playground.fill('Headers', '')
    await playground.run('Listen')
    await playground.shows('A valid token is needed. The service closed the connection.')
    await playground.shows('Put a token into the Headers pane')
    await playground.signIn(await service.seed.token({ subject: 'bea', lifetimeSeconds: -3600 }))
    await playground.run('Send')
    await playground.shows('A valid token is needed: send the header')
    await playground.shows('Put a token into the Headers pane')
  })

  test('says that the token has expired when it does so while one listens', async () => {
    const playground = await open()
    await playground.signIn(await service.seed.token({ subject: 'bea', lifetimeSeconds: 2 }))
    await playground.run('Listen')
    await playground.shows('The token has expired. The service closed the connection.')
    await playground.shows('Put a token into the Headers pane')
    await playground.reload()
    expect(await playground.lookUp('Message')).toContain('Something said in a transaction.')
  })

  test('shows in one window what is sent in another', async () => {
    const [bea, sam] = await Promise.all([tokenOf('bea'), tokenOf('sam')])
    const listening = await open()
    await listening.signIn(bea)
    await listening.fill('Variables', JSON.stringify({ after: await timelineCursor(service, bea) }))
    await listening.run('Listen')

    const sending = await open()
    await sending.signIn(sam)
    await sending.run('Send')
    await sending.shows('"sequence": 6')
    await listening.shows('"sequence": 6')
    await listening.shows('"displayName": "Sam Sato"')
    await listening.shows('"content": "Hello from the playground!"')

    // The first may have come by catching up; by now it certainly listens.
    await sending.run('Send')
    await listening.shows('"sequence": 7')
  })

  test('asks as whoever the token in the pane stands for, each time anew', async () => {
    const playground = await open()
    await playground.signIn(await tokenOf('ari'))
    await playground.run('Listen')
    await playground.shows('"NOT_FOUND"')
    await playground.signIn(await tokenOf('bea'))
    await playground.run('Listen')
    await playground.shows('Listening.')
    await playground.stop()
    await playground.run('MyDeals')
    await playground.shows('"displayName": "Bea Berger"')
    await playground.signIn(await tokenOf('sam'))
    await playground.run('MyDeals')
    await playground.shows('"displayName": "Sam Sato"')
  })

  test('is the same person with the same operations after a reload, whoever another window is', async () => {
    const [bea, sam] = await Promise.all([tokenOf('bea'), tokenOf('sam')])
    const hers = await open()
    await hers.signIn(bea)
    await hers.write('# Written by Bea.')
    const his = await open()
    await his.signIn(sam)
    await his.write('# Written by Sam.')

    await hers.reload()
    await hers.reads('# Written by Bea.')
    await hers.run('MyDeals')
    await hers.shows('"displayName": "Bea Berger"')
    expect(await hers.tabs()).toBe(1)
    expect(hers.address).toBe(service.url)
  })
})

async function timelineCursor({ url }: TestService, token: string): Promise<string> {
  const { data } = await post<{ transaction: { timelineCursor: string } }, unknown>(
    url,
    '{ transaction(id: "txn_bicycle") { timelineCursor } }',
    {},
    { authorization: `Bearer ${token}` },
  )
  if (!data) throw new Error('The demo deal is not there')
  return data.transaction.timelineCursor
}
