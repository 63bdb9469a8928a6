import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { CuttingProxy } from '../testkit/cutting-proxy.js'
import { temporaryDirectory } from '../testkit/directory.js'
import { Seed } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { readDocuments } from './markdown.js'

const programs = readDocuments().flatMap(({ path, blocks }) =>
  blocks
    .filter(({ language }) => language === 'ts')
    // Each document says of its programs that they are to be saved beside it.
    .map(({ text, line }) => ({ where: `${path}:${line}`, text, file: join(dirname(path), 'program.ts') })),
)

let testService: TestService

beforeAll(async () => {
  testService = await startTestService({ NODE_ENV: 'development' })
})
afterAll(() => testService.close())

test('there is a program for each of three clients', () => {
  expect(programs.map(({ file }) => file)).toEqual(['program.ts', ...Array(2).fill('examples/resume/program.ts')])
})

test.each(programs)('the program at $where fits the types of what it uses', ({ text, file }) => {
  const directory = projectOf(text, file)
  const options = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2023',
    '--types',
    'node',
    '--skipLibCheck',
  ]
  const compiler = resolve('node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [compiler, ...options, file], { cwd: directory, stdio: 'pipe' })
})

test.each(programs)(
  'the program at $where misses nothing and prints nothing twice when its connection breaks',
  async ({ text, file }) => {
    const proxy = await CuttingProxy.start(testService.service.address.port)
    const directory = projectOf(text.replaceAll('localhost:4000', `127.0.0.1:${proxy.port}`), file)
    const token = await testService.seed.token({ subject: 'sam' })
    const { lines } = run(directory, file, token)
    await proxy.connected(2) // The first was for the cursor.

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

/** A folder in which the program finds the packages and examples that it uses. */
function projectOf(program: string, file: string): string {
  const directory = temporaryDirectory()
  symlinkSync(resolve('node_modules'), join(directory, 'node_modules'))
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ type: 'module' }))
  cpSync('examples', join(directory, 'examples'), { recursive: true })
  writeFileSync(join(directory, file), program)
  return directory
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
