import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { CuttingProxy } from '../testkit/cutting-proxy.js'
import { temporaryDirectory } from '../testkit/directory.js'
import { Seed } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { type Block, readDocument, readDocuments } from './markdown.js'

const GUIDE = 'docs/guide.md'

const isProgram = ({ language }: Block) => language === 'ts'
// Each starts programs, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const programs = readDocuments().flatMap(({ path, blocks }) =>
  blocks.filter(isProgram).map(({ text, line }) => ({ where: `${path}:${line}`, ...programOf(text, path) })),
)

/** Programs are to be saved beside their document, those of the guide in the folder of the project; a client is for that of the guide. */
function programOf(text: string, path: string): { text: string; file: string } {
  if (!text.includes('= createClient({'))
    return { text, file: join(path === GUIDE ? '.' : dirname(path), 'program.ts') }
  const [whole] = readDocument(GUIDE).blocks.filter(isProgram)
  const ownClient = /^const client = reconnectingClient\(.*?^\}\)$/ms
  const withoutImport = (whole?.text ?? '').replace(/^import \{ reconnectingClient \} .*\n/m, '')
  return { text: withoutImport.replace(ownClient, () => text), file: 'program.ts' }
}

let testService: TestService

beforeAll(async () => {
  testService = await startTestService({ NODE_ENV: 'development' })
})
afterAll(() => testService.close())

test('there is a program for each of three clients, and one that asks for tokens', () => {
  const beside = 'examples/resume/program.ts'
  expect(programs.map(({ file }) => file)).toEqual(['program.ts', 'program.ts', beside, beside])
  expect(programs.filter(asksForTokens)).toHaveLength(1)
})

test('every program fits the types of what it uses', () => {
  const directory = temporaryDirectory()
  const files = programs.map(({ text, file, where }) => {
    const folder = where.replaceAll(/\W/g, '-')
    mkdirSync(join(directory, folder))
    layOut(join(directory, folder), text, file)
    return join(folder, file)
  })
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2023']
  const types = ['--types', 'node', '--typeRoots', resolve('node_modules/@types')]
  const compiler = resolve('node_modules/typescript/bin/tsc')
  const { status, stdout } = spawnSync(process.execPath, [compiler, ...options, ...types, ...files], {
    cwd: directory,
    encoding: 'utf8',
  })
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
})

test.each(programs)(
  'the program at $where misses nothing and prints nothing twice when its connection breaks',
  async (program) => {
    const { proxy, lines } = await start(program)

    await say('one')
    expect(await lines.next()).toMatchObject({ value: 'one' })
    await say('two')
    expect(await lines.next()).toMatchObject({ value: 'two' })
    proxy.cut('RST')
    await say('three')
    expect(await lines.next()).toMatchObject({ value: 'three' })
    await say('four')
    expect(await lines.next()).toMatchObject({ value: 'four' })
  },
)

test.each(programs.filter(asksForTokens))(
  'the program at $where goes on with a fresh token when its first expires while messages flow',
  async (program) => {
    const tokens = await TokenServer.start([6, 3600])
    const { lines } = await start(program, tokens)
    const said: string[] = []
    const sayNext = async () => {
      said.push(String(said.length))
      await say(said.at(-1) ?? '')
    }
    // Only a close with 4403 has it ask again. Some more are sent before it is back, and some after.
    while (tokens.given < 2) await sayNext()
    for (let nth = 0; nth < 10; nth += 1) await sayNext()
    const heard: string[] = []
    while (heard.length < said.length) heard.push((await lines.next()).value ?? '')
    await say('the last')
    heard.push((await lines.next()).value ?? '')
    expect(heard).toEqual([...said, 'the last'])
    expect(tokens.given).toBe(2)
  },
)

type Program = (typeof programs)[number]

/** Whether it has no token of its own, and asks the backend of the application. */
function asksForTokens({ text }: Program): boolean {
  return text.includes('localhost:3000')
}

/** The backend of an application: gives out tokens that are good for so many seconds each. It goes with the test. */
class TokenServer {
  /** How many it has given out. */
  given = 0
  readonly port: number

  private constructor(server: Server, lifetimes: readonly number[]) {
    this.port = (server.address() as AddressInfo).port
    server.on('request', async (_, response: ServerResponse) => {
      const lifetimeSeconds = lifetimes[this.given] ?? lifetimes.at(-1) ?? 0
      const token = await testService.seed.token({ subject: 'sam', lifetimeSeconds })
      this.given += 1
      response.end(token)
    })
  }

  static async start(lifetimes: readonly number[]): Promise<TokenServer> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      server.close()
      server.closeAllConnections()
    })
    return new TokenServer(server, lifetimes)
  }
}

/** Runs a program until it listens. */
async function start({ text, file }: Program, tokens?: TokenServer) {
  const proxy = await CuttingProxy.start(testService.service.address.port)
  const { port } = tokens ?? (await TokenServer.start([3600]))
  const program = text
    .replaceAll('localhost:4000', `127.0.0.1:${proxy.port}`)
    .replaceAll('localhost:3000', `127.0.0.1:${port}`)
  const { lines } = run(projectOf(program, file), file, await testService.seed.token({ subject: 'sam' }))
  await proxy.connected(2) // The first was for the cursor.
  return { proxy, lines }
}

async function say(content: string): Promise<void> {
  const token = await new Seed(testService.service, testService.url).token({ subject: 'bea' })
  const response = await fetch(testService.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({
      query:
        'mutation ($content: String!) { sendMessage(input: { transactionId: "txn_bicycle", content: $content }) { message { id } } }',
      variables: { content },
    }),
  })
  expect(response.status).toBe(200)
}

/** A folder with the program alone. It goes with the test. */
function projectOf(program: string, file: string): string {
  const directory = temporaryDirectory()
  layOut(directory, program, file)
  return directory
}

/** Puts the program into a folder, in which it finds the packages and examples that it uses. */
function layOut(directory: string, program: string, file: string): void {
  symlinkSync(resolve('node_modules'), join(directory, 'node_modules'))
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ type: 'module' }))
  cpSync('examples', join(directory, 'examples'), { recursive: true })
  writeFileSync(join(directory, file), program)
}

function run(directory: string, file: string, token: string): { lines: AsyncIterator<string> } {
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', file], {
    cwd: directory,
    env: { ...process.env, TOKEN: token },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  onTestFinished(async () => {
    child.kill()
    await exited
  })
  if (!child.stdout) throw new Error('The program has no output')
  return { lines: createInterface(child.stdout)[Symbol.asyncIterator]() }
}
