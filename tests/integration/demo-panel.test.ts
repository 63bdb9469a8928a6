import { afterAll, beforeAll, expect, test } from 'vitest'
import { renderDemoPanel } from '../../src/demo/demo-panel.js'
import { startTestService, type TestService } from '../testkit/service.js'

let testService: TestService

beforeAll(async () => {
  testService = await startTestService()
})
afterAll(() => testService.close())

test.each([true, false])('the panel names the playground where there is one: %s', async (hasPlayground) => {
  const panel = await renderDemoPanel({ ...testService.service, hasPlayground })
  expect(panel.includes('Playground')).toBe(hasPlayground)
  expect(panel).toMatch(/HTTP {9}http:\S+\/graphql/)
})
