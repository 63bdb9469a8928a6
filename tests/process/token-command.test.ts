import { existsSync, readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../testkit/directory.js'
import { post } from '../testkit/http-client.js'
import { prepareProjectCopy } from '../testkit/project-copy.js'
import { startTestService } from '../testkit/service.js'

const project = prepareProjectCopy()

interface Outcome {
  readonly exitCode: number | null
  readonly output: string
  readonly errors: string
}

async function runToken(args: readonly string[], dataDirectory: string, env = {}): Promise<Outcome> {
  const command = ['npm', 'run', '--silent', 'token', '--', ...args] as const
  const child = project.start({ command: [...command], dataDirectory, env })
  const { exitCode } = await child.ended
  return { exitCode, output: child.output, errors: child.errors }
}

async function viewerOf(url: string, token: string): Promise<unknown> {
  const query = '{ viewer { id scopes tokenExpiresAt } }'
  return (await post<{ viewer: unknown }, object>(url, query, {}, { authorization: `Bearer ${token.trim()}` })).data
    ?.viewer
}

const DAY_MS = 24 * 60 * 60 * 1000

describe('npm run token', () => {
  test('prints a token, and nothing else, that the service of that directory takes, even one that has never started', async () => {
    const dataDirectory = temporaryDirectory()
    const bea = await runToken(['--user', 'bea'], dataDirectory)
    expect(bea).toMatchObject({ exitCode: 0, output: expect.stringMatching(/^ey[\w.-]+\n$/) })
    expect(bea.errors).toMatch(/^It is good until .+ for the user bea\.$/)
    expect(readdirSync(dataDirectory)).toEqual(['jwt-secret'])

    const url = await project.start({ dataDirectory }).url()
    expect(await viewerOf(url, bea.output)).toMatchObject({ id: 'usr_bea', scopes: [] })
    const shop = await runToken(['--partner', 'shop', '--expires-in', '7d'], dataDirectory)
    const viewer = await viewerOf(url, shop.output)
    expect(viewer).toMatchObject({ id: 'client_shop', scopes: ['history:read'] })
    const { tokenExpiresAt } = viewer as { tokenExpiresAt: string }
    expect(Math.round((Date.parse(tokenExpiresAt) - Date.now()) / DAY_MS)).toBe(7)
    const platform = await runToken(['--platform'], dataDirectory)
    expect(await viewerOf(url, platform.output)).toMatchObject({ id: 'platform', scopes: ['platform'] })
  }, 90_000)

  test('signs with JWT_SECRET, for the issuer and the audience that are set', async () => {
    const env = {
      JWT_SECRET: '2b8f7a44-5c1e-4c83-9a77-0d1c5f3f6f10',
      JWT_ISSUER: 'https://issuer.example.com',
      JWT_AUDIENCE: 'escrow-chat',
    }
    const testService = await startTestService(env)
    try {
      await testService.seed.person('bea')
      const dataDirectory = temporaryDirectory()
      const { output } = await runToken(['--user', 'bea'], dataDirectory, env)
      expect(await viewerOf(testService.url, output)).toMatchObject({ id: 'usr_bea' })
      const another = await runToken(['--user', 'bea'], dataDirectory, { ...env, JWT_AUDIENCE: 'another' })
      expect(await viewerOf(testService.url, another.output)).toBeUndefined()
      expect(existsSync(`${dataDirectory}/jwt-secret`)).toBe(false)
    } finally {
      await testService.close()
    }
  }, 60_000)

  test.each<[string, string[], Record<string, string>, RegExp]>([
    ['without saying for whom', [], {}, /^Say for whom.*--expires-in <time>/s],
    ['for two at once', ['--user', 'bea', '--platform'], {}, /^Say for whom/],
    [
      'with an option that there is not',
      ['--user', 'bea', '--admin'],
      {},
      /^Unknown option '--admin'.*--partner <client>/s,
    ],
    ['with words besides', ['--user', 'bea', 'sam'], {}, /^Unexpected argument 'sam'/],
    ['with a time without a unit', ['--user', 'bea', '--expires-in', '60'], {}, /^--expires-in must be/],
    ['for what cannot be a key', ['--user', 'b a'], {}, /^The key of a user is/],
    ['for what cannot be a client', ['--partner', ''], {}, /^The client id of a partner is 1 to 128 printable/],
    ['in production', ['--user', 'bea'], { NODE_ENV: 'production' }, /^In production tokens come from the platform/],
    ['with published keys', ['--user', 'bea'], { JWT_JWKS_URL: 'https://a.b/c' }, /^JWT_JWKS_URL is set/],
    [
      'with a secret that is no good',
      ['--user', 'bea'],
      { JWT_SECRET: 'short' },
      /JWT_SECRET must be at least 32 bytes/,
    ],
  ])('%s makes none, and says why', async (_, args, env, message) => {
    const { exitCode, output, errors } = await runToken(args, temporaryDirectory(), env)
    expect({ exitCode, output }).toEqual({ exitCode: 1, output: '' })
    expect(errors).toMatch(message)
    expect(errors).not.toMatch(/^ +at /m)
  })
})
