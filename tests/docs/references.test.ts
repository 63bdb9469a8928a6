import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { isEnumType } from 'graphql'
import { describe, expect, test } from 'vitest'
import { VARIABLES as MIRROR_VARIABLES } from '../../examples/mirror/settings.js'
import { ENTRY_TYPE_NAMES } from '../../src/chat/timeline/timeline-entry-interface.js'
import { limitVariables } from '../../src/config/limits.js'
import { variables } from '../../src/config/variables.js'
import { createSchema } from '../../src/graphql/schema.js'
import { REFUSED_LIMITS } from '../../src/metrics.js'
import { HTTP_STATUS } from '../../src/transport/http-refusal.js'
import { readDocument, readDocuments } from './markdown.js'

const documents = readDocuments()
const scriptsIn = (folder: string) =>
  (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { scripts: Record<string, string> }).scripts
/** What npm does by itself. */
const NPM_COMMANDS = ['ci', 'rebuild']
/** Written in capitals with an underscore, and no variable of ours: error codes and values of the API. */
const OTHER_NAMES = new Set([
  'NODE_EXTRA_CA_CERTS',
  ...MIRROR_VARIABLES,
  ...Object.keys(HTTP_STATUS),
  ...Object.keys(ENTRY_TYPE_NAMES),
  ...Object.values(createSchema().getTypeMap())
    .filter(isEnumType)
    .flatMap((type) => type.getValues().map(({ name }) => name)),
])

describe.each(documents)('$path', ({ path, text, prose, blocks, links }) => {
  test('links to files and headings that are there', () => {
    const broken = links.filter(({ target }) => !/^https?:/.test(target) && !isThere(path, target))
    expect(broken).toEqual([])
  })

  test('names npm scripts that are there', () => {
    const named = text.matchAll(/(?<=^|`|; )npm (?:run )?([a-z-]+)(?: --prefix ([a-z-]+))?/gm)
    const missing = [...named].filter(([, name = '', folder = '.']) => !(name in scriptsIn(folder)))
    expect(missing.map(([, name = '']) => name).filter((name) => !NPM_COMMANDS.includes(name))).toEqual([])
  })

  test('names variables of the environment that are read', () => {
    const programs = blocks.filter(({ language }) => language === 'sh')
    const shell = programs.flatMap(({ text: program }) => [...program.matchAll(/\b([A-Z][A-Z0-9_]*)=/g)])
    const told = [...prose.matchAll(/\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[A-Z][A-Z0-9]*(?==\w))\b/g)]
    const names = [...shell, ...told].map(([, name = '']) => name)
    expect(names.filter((name) => !(name in variables) && !OTHER_NAMES.has(name))).toEqual([])
  })

  test('has JSON that can be read', () => {
    for (const { language, text: json } of blocks) if (language === 'json') expect(() => JSON.parse(json)).not.toThrow()
  })
})

test('the guide tells every error code with its HTTP status', () => {
  const table = [...readDocument('docs/guide.md').text.matchAll(/^\| `([A-Z_]+)` \| (\d{3}) \|/gm)]
  expect(Object.fromEntries(table.map(([, code, status]) => [code, Number(status)]))).toEqual(HTTP_STATUS)
})

test('the guide tells the default of every limit that can be set', () => {
  const rows = [...readDocument('docs/guide.md').text.matchAll(/^\|.+\| (\d+) \| `([A-Z_]+)` \|$/gm)]
  const limits = Object.entries(variables).filter(([name]) => name in limitVariables || name.endsWith('_MS'))
  expect(Object.fromEntries(rows.map(([, value, name]) => [name, value]))).toEqual(
    Object.fromEntries(limits.map(([name, { default: value }]) => [name, value])),
  )
})

test('operations.md tells every limit whose refusals are counted', () => {
  const [, told = ''] =
    /^\| `escrow_chat_rate_limited_total\{limit\}` \|(.+)\|$/m.exec(readDocument('docs/operations.md').text) ?? []
  expect([...told.matchAll(/`(\w+)`/g)].map(([, name]) => name)).toEqual([...REFUSED_LIMITS])
})

test('a decision has its number, its three parts, and forty lines at most', () => {
  for (const { path, text } of documents.filter((document) => document.path.startsWith('docs/decisions/'))) {
    const [, number] = /\/0*(\d+)-/.exec(path) ?? []
    expect(text, path).toMatch(new RegExp(`^# ${number}\\. `))
    expect(text.match(/^## .+$/gm), path).toEqual(['## Context', '## Decision', '## Consequences'])
    expect(text.trimEnd().split('\n').length, path).toBeLessThanOrEqual(40)
  }
})

function isThere(from: string, target: string): boolean {
  const [file = '', anchor] = target.split('#')
  const path = file === '' ? from : normalize(join(dirname(from), file))
  return existsSync(path) && (anchor === undefined || readDocument(path).anchors.has(anchor))
}
