import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, vi } from 'vitest'
import { graphql } from '../generated/gql.js'
import type { MirrorBruteForceQuery } from '../generated/graphql.js'
import { createTemporaryDirectory, temporaryDirectory } from '../testkit/directory.js'
import type { Caller, Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'

/** The program, compiled: it is started so often that each start is to be short. The answer is how it is started. */
function compileMirror(): readonly string[] {
  const directory = createTemporaryDirectory()
  symlinkSync(resolve('node_modules'), join(directory, 'node_modules'))
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ type: 'module' }))
  const options = ['--ignoreConfig', '--noCheck', '--module', 'nodenext', '--target', 'es2023', '--types', 'node']
  const places = ['--rootDir', '.', '--outDir', directory]
  const compiler = resolve('node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [compiler, ...options, ...places, 'examples/mirror/main.ts'], { stdio: 'pipe' })
  return [process.execPath, join(directory, 'examples/mirror/main.js')]
}

export interface MirrorOptions {
  readonly folder: string
  readonly args?: readonly string[]
  /** Where and who; nothing comes along from the environment of the test but how to find programs. */
  readonly env: Readonly<Record<string, string>>
  /** How it is started, and where. */
  readonly command: readonly string[]
  readonly project?: string
}

/** A mirror in a process of its own. It ends with the test. */
export class MirrorProcess {
  readonly folder: string
  readonly ended: Promise<number | null>
  /** All that it printed. */
  output = ''
  readonly #child: ChildProcess
  #hasEnded = false
  #wake = () => {}

  constructor({ folder, args = [], env, project = process.cwd(), command }: MirrorOptions) {
    const [file = '', ...before] = command
    const { PATH, HOME } = process.env
    this.folder = folder
    this.#child = spawn(file, [...before, '--to', folder, ...args], { cwd: project, env: { PATH, HOME, ...env } })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text
        this.#wake()
      })
    }
    this.ended = once(this.#child, 'close').then(([exitCode]) => {
      this.#hasEnded = true
      this.#wake()
      return exitCode
    })
    onTestFinished(async () => {
      this.signal('SIGKILL')
      await this.ended
    })
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Waits until it has ended of itself, having done what it was to do. */
  async succeeds(): Promise<void> {
    expect({ exitCode: await this.ended, output: this.output }).toEqual({ exitCode: 0, output: expect.any(String) })
  }

  /** Waits until this was printed. Fails when the process ends before. */
  async untilPrinted(text: string): Promise<void> {
    while (!this.output.includes(text)) {
      if (this.#hasEnded) throw new Error(`It ended without "${text}":\n${this.output}`)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

/** A line of a mirror's file. */
export interface MirrorLine {
  readonly cursor: string
  readonly node: { readonly position: number; readonly content?: string | null }
}

/** What a mirror has of a deal; null when it has no file of it. */
export function mirrored(folder: string, { id }: Pick<Deal, 'id'>): MirrorLine[] | null {
  const path = join(folder, `${encodeURIComponent(id)}.jsonl`)
  if (!existsSync(path)) return null
  // What is being written at this moment is no line yet.
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line))
}

const READ = graphql(`
  query MirrorBruteForce($id: ID!, $first: Int!, $after: String) {
    transaction(id: $id) {
      timeline(first: $first, after: $after) {
        edges {
          cursor
          node {
            position
            ... on MessageSent {
              content
            }
            ... on MessageEdited {
              content
            }
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`)

/** A partner, its deals, and its mirror. */
export class MirroredPartner {
  readonly clientId: string
  readonly deals: Deal[] = []
  readonly folder = temporaryDirectory()
  readonly caller: Caller
  readonly #fixture: MirrorFixture

  private constructor(fixture: MirrorFixture, caller: Caller, clientId: string) {
    this.#fixture = fixture
    this.caller = caller
    this.clientId = clientId
  }

  static async create(fixture: MirrorFixture): Promise<MirroredPartner> {
    const clientId = `partner-${randomUUID()}`
    const caller = await fixture.testService.seed.caller({ clientId, scopes: ['history:read'] })
    return new MirroredPartner(fixture, caller, clientId)
  }

  /** One more deal, between Bea and Sam. */
  async newDeal(key: string = `deal-${randomUUID()}`): Promise<Deal> {
    const { testService, bea, sam } = this.#fixture
    const deal = await testService.seed.deal(key, { buyer: bea, seller: sam }, { partnerClientId: this.clientId })
    this.deals.push(deal)
    return deal
  }

  /** Starts the mirror; with `env`, as that says. */
  start(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): MirrorProcess {
    const { testService, command } = this.#fixture
    const given = { ESCROW_CHAT_URL: testService.url, ESCROW_CHAT_TOKEN: this.caller.token }
    return new MirrorProcess({ folder: this.folder, args, env: { ...given, ...env }, command })
  }

  /** What the mirror has of a deal. */
  mirrored(deal: Deal): MirrorLine[] | null {
    return mirrored(this.folder, deal)
  }

  /** What there is of a deal, read in pages of another size. */
  async stored({ id }: Deal, first = 37): Promise<MirrorLine[]> {
    const lines: MirrorLine[] = []
    for (let after: string | null = null; ; ) {
      const answer: MirrorBruteForceQuery = await this.caller.get(READ, { id, first, after })
      const { edges, pageInfo } = answer.transaction?.timeline ?? expect.fail(`${id} can't be seen`)
      lines.push(...edges)
      after = pageInfo.endCursor
      if (!pageInfo.hasNextPage) return lines
    }
  }

  /** Waits until the mirror has all that is stored. */
  async isComplete(): Promise<void> {
    for (const deal of this.deals) {
      const { length } = await this.stored(deal)
      await vi.waitFor(() => expect(this.mirrored(deal)?.length ?? 0).toBeGreaterThanOrEqual(length), 30_000)
    }
    await this.expectComplete()
  }

  /** What the mirror has is what is stored, each entry once and in order. */
  async expectComplete(): Promise<void> {
    for (const deal of this.deals) {
      const positions = ({ cursor, node }: MirrorLine) => ({ cursor, position: node.position })
      expect(this.mirrored(deal)?.map(positions), deal.key).toEqual((await this.stored(deal, 99)).map(positions))
    }
  }
}

/** A service with two people who talk. */
export class MirrorFixture {
  #testService: TestService | undefined
  #people: readonly [Person, Person] | undefined
  #command: readonly string[] | undefined

  constructor() {
    beforeAll(async () => {
      this.#command = compileMirror()
      this.#testService = await startTestService()
      const { seed } = this.#testService
      this.#people = [await seed.person('bea'), await seed.person('sam')]
    })
    afterAll(() => this.#testService?.close())
  }

  /** How the mirror is started. */
  get command(): readonly string[] {
    return this.#command ?? expect.fail('Not compiled')
  }

  get testService(): TestService {
    return this.#testService ?? expect.fail('Not started')
  }

  get bea(): Person {
    return this.#people?.[0] ?? expect.fail('Not started')
  }

  get sam(): Person {
    return this.#people?.[1] ?? expect.fail('Not started')
  }

  /** A partner who has no deals yet. */
  newPartner(): Promise<MirroredPartner> {
    return MirroredPartner.create(this)
  }
}
