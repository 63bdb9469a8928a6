import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { createTemporaryDirectory } from '../testkit/directory.js'

// A rule that is misspelt finds nothing and nobody notices: so each is shown something that it must find.

const RESTRICTED = 'style/noRestrictedImports'

/** File (a star stands for any name), what it imports, and the rule that it breaks, or none. */
const imports: readonly [file: string, module: string, rule: string | null][] = [
  ['src/chat/message/*-service.ts', 'graphql', RESTRICTED],
  ['src/chat/message/*-service.ts', '@pothos/core', RESTRICTED],
  ['src/chat/message/*-policy.ts', 'node:http', RESTRICTED],
  ['src/chat/message/*.ts', 'ioredis', RESTRICTED],
  ['src/chat/message/*-service.ts', '../../graphql/context.js', RESTRICTED],
  ['src/chat/message/*-store.ts', './message-service.js', RESTRICTED],
  ['src/chat/message/*-store.ts', 'ws', RESTRICTED],
  ['src/chat/message/*-statement.ts', './message-policy.js', RESTRICTED],
  ['src/events/*.ts', 'pino', RESTRICTED],
  ['src/events/*.ts', '../chat/message/message.js', RESTRICTED],
  ['src/platform/*.ts', '../chat/message/message-service.js', RESTRICTED],
  ['src/platform/*.ts', 'graphql', RESTRICTED],
  ['src/graphql/*.ts', '../transport/http.js', RESTRICTED],
  ['src/graphql/*.ts', 'ws', RESTRICTED],
  ['src/auth/*.ts', '../compose.js', RESTRICTED],
  ['src/transport/*.ts', '../chat/message/message-service.js', RESTRICTED],
  ['src/transport/*.ts', 'pg', RESTRICTED],
  ['src/chat/message/*-schema.ts', 'graphql', null],
  ['src/chat/message/*-service.ts', './message-store.js', null],
  ['src/chat/message/*-store.ts', './message.js', null],
  ['src/events/*.ts', '../generated/prisma/client.js', null],
  ['src/events/*.ts', './event-bus.js', null],
  ['src/platform/*.ts', 'ioredis', null],
  ['src/transport/*.ts', '../graphql/schema.js', null],
]

const faults: readonly [file: string, code: string, rule: string | null][] = [
  ['src/*.ts', 'export const port = process.env.PORT\n', 'style/noProcessEnv'],
  ['src/main.ts', 'export const port = process.env.PORT\n', null],
  ['src/*.ts', 'export const it: any = 1\n', 'suspicious/noExplicitAny'],
  ['src/*.ts', 'export const first = (list: string[]) => list[0]!.length\n', 'style/noNonNullAssertion'],
  ['src/*.ts', 'async function go() {}\nexport function start() {\n  go()\n}\n', 'nursery/noFloatingPromises'],
  ['src/hen.ts', "import type { Egg } from './egg.js'\nexport type Hen = Egg\n", 'suspicious/noImportCycles'],
  ['src/egg.ts', "import type { Hen } from './hen.js'\nexport type Egg = Hen\n", 'suspicious/noImportCycles'],
]

const importing = (module: string) => `import * as it from '${module}'\nexport const its = it\n`
const cases = [...imports.map(([file, module, rule]) => [file, importing(module), rule] as const), ...faults].map(
  ([file, code, rule], index) => ({ file: file.replace('*', `case-${index}`), code, rule }),
)

interface Diagnostic {
  readonly category: string
  readonly location: { readonly path: string }
}

let diagnostics: readonly Diagnostic[]

beforeAll(() => {
  const project = createTemporaryDirectory()
  for (const file of ['biome.json', '.gitignore', 'tsconfig.json', 'package.json']) cpSync(file, join(project, file))
  for (const { file, code } of cases) {
    mkdirSync(dirname(join(project, file)), { recursive: true })
    writeFileSync(join(project, file), code)
  }
  const biome = join(process.cwd(), 'node_modules/@biomejs/biome/bin/biome')
  const { stdout } = spawnSync(process.execPath, [biome, 'lint', '--reporter=json', '--max-diagnostics=none'], {
    cwd: project,
    encoding: 'utf8',
  })
  diagnostics = (JSON.parse(stdout) as { diagnostics: Diagnostic[] }).diagnostics
})

describe('the lint rules', () => {
  test.each(cases.filter(({ rule }) => rule !== null))('refuse in $file: $code', ({ file, rule }) => {
    expect(brokenRules(file)).toEqual([`lint/${rule}`])
  })

  test.each(cases.filter(({ rule }) => rule === null))('allow in $file: $code', ({ file }) => {
    expect(brokenRules(file)).toEqual([])
  })
})

function brokenRules(file: string): string[] {
  return diagnostics.filter(({ location }) => location.path === file).map(({ category }) => category)
}
