import { cpSync, existsSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test, vi } from 'vitest'
import { temporaryDirectory } from '../testkit/directory.js'
import { linkPackages } from '../testkit/packages.js'
import { MirrorFixture, MirrorProcess } from './mirror-fixture.js'

vi.setConfig({ testTimeout: 60_000 })
const fixture = new MirrorFixture()

/** What `npm run mirror` needs of the project, but for what it generates. */
function freshProject(): string {
  const project = temporaryDirectory()
  for (const part of ['package.json', 'package-lock.json', 'tsconfig.json', 'schema.graphql', 'scripts', 'examples']) {
    cpSync(resolve(part), join(project, part), { recursive: true })
  }
  rmSync(join(project, 'examples/mirror/generated'), { recursive: true })
  linkPackages(project)
  return project
}

test('npm run mirror makes the types of its operations, and goes on where it was, on a fresh clone', async () => {
  const partner = await fixture.newPartner()
  const deal = await partner.newDeal()
  const project = freshProject()
  const start = () =>
    new MirrorProcess({
      folder: partner.folder,
      args: ['--once'],
      env: { ESCROW_CHAT_URL: fixture.testService.url, ESCROW_CHAT_TOKEN: partner.caller.token },
      project,
      command: ['npm', 'run', 'mirror', '--'],
    })
  const first = start()
  await first.succeeds()
  expect(first.output).toContain('✓ Generating the types of the mirror')
  expect(first.output).toContain('Complete: 1/1 deals, 3 entries')
  expect(existsSync(join(project, 'examples/mirror/generated/graphql.ts'))).toBe(true)

  await fixture.sam.say(deal, 'Later')
  const second = start()
  await second.succeeds()
  expect(second.output).not.toContain('Generating')
  expect(second.output).toContain('Complete: 1/1 deals, 1 entries')
  await partner.expectComplete()
})

test.each([
  ['--help', 0, 'npm run mirror -- [--to <folder>]'],
  ['--hepl', 1, "Unknown option '--hepl'"],
])('npm run mirror says with %s what can be said to it', async (option, exitCode, text) => {
  const command = [process.execPath, '--import', 'tsx', 'examples/mirror/main.ts']
  const mirror = new MirrorProcess({ folder: temporaryDirectory(), args: [option], env: {}, command })
  expect(await mirror.ended).toBe(exitCode)
  expect(mirror.output).toContain(text)
  expect(mirror.output).toContain('--every <seconds>')
})
