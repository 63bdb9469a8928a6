import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/config.js'
import { ForbiddenError } from '../../src/errors.js'
import { DocumentReader } from '../../src/graphql/document-reader.js'
import { createSchema } from '../../src/graphql/schema.js'
import { readTrustedDocuments } from '../../src/graphql/trusted-documents-file.js'
import { StartupError } from '../../src/startup-error.js'
import { temporaryDirectory } from '../testkit/directory.js'

const schema = createSchema()
const { limits } = loadConfig({})

const idOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`

async function read(file: string, allowsIntrospection = true) {
  const documents = new DocumentReader({ schema, allowsIntrospection, limits })
  return readTrustedDocuments(file, { schema, documents, limits })
}

function fileWith(content: string): string {
  const file = join(temporaryDirectory(), 'persisted-documents.json')
  writeFileSync(file, content)
  return file
}

async function refusal(file: string, allowsIntrospection?: boolean): Promise<string> {
  const error = await read(file, allowsIntrospection).catch((reason) => reason)
  expect(error).toBeInstanceOf(StartupError)
  expect((error as Error).message).toContain(file)
  return (error as Error).message
}

const GOOD = '{ viewer { id } }'

test('a document is known by its id with the prefix and without, and by its text, however that is laid out', async () => {
  const trusted = await read(fileWith(JSON.stringify({ [idOf(GOOD)]: GOOD })))
  const hash = idOf(GOOD).slice('sha256:'.length)
  for (const id of [idOf(GOOD), hash]) {
    expect(trusted.textOf({ query: '', documentId: id })).toBe(GOOD)
    expect(trusted.textOf({ query: '', extensions: { persistedQuery: { version: 1, sha256Hash: id } } })).toBe(GOOD)
  }
  expect(trusted.textOf({ query: GOOD })).toBe(GOOD)
  expect(trusted.textOf({ query: '# mine\nquery{\n  viewer{id,}\n}' })).toBe(GOOD)
})

test('what a text asks for may stand in another order', async () => {
  const text =
    'query A($a: ID!, $b: ID!) { nodes(ids: [$a, $b, "c"]) { id } viewer { ...V kind } } fragment V on Viewer { id }'
  const trusted = await read(fileWith(JSON.stringify({ [idOf(text)]: text })))
  const other =
    'fragment V on Viewer { id } query A($b: ID!, $a: ID!) { viewer { kind ...V } nodes(ids: [$a, $b, "c"]) { id } }'
  expect(trusted.textOf({ query: other })).toBe(text)
  for (const wrong of [
    other.replace('$a, $b', '$b, $a'),
    other.replace('kind', 'k: kind'),
    other.replace('"c"', 'c'),
  ]) {
    expect(() => trusted.textOf({ query: wrong })).toThrow(ForbiddenError)
  }
})

test('a manifest may be empty, and have ids without a prefix', async () => {
  const none = await read(fileWith('{}'))
  expect(() => none.textOf({ query: GOOD })).toThrow(ForbiddenError)
  const trusted = await read(fileWith(JSON.stringify({ [idOf(GOOD).slice(7)]: GOOD })))
  expect(trusted.textOf({ query: '', documentId: idOf(GOOD) })).toBe(GOOD)
})

describe('a start is refused, and names the file, when it', () => {
  test('is not there', async () => expect(await refusal(join(temporaryDirectory(), 'none.json'))).toMatch(/ENOENT/))

  test('is a folder', async () => expect(await refusal(temporaryDirectory())).toMatch(/EISDIR/))

  test.each([
    ['nothing', ''],
    ['no JSON', '{'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a string', '"x"'],
    ['1', '1'],
  ])('is %s', async (_, content) => expect(await refusal(fileWith(content))).toMatch(/must be a JSON object/))

  test.each([
    ['is no GraphQL', '{ viewer {', 'Syntax Error: Expected Name, found <EOF>.'],
    ['asks for what is not there', '{ viewr { id } }', 'Cannot query field "viewr" on type "Query".'],
    ['is too deep', `${'{ node '.repeat(11)}{ id }${'}'.repeat(11)}`, 'The document is nested too deeply'],
    ['is too long', `{ ${'id '.repeat(1_000)} }`, 'The document is too long'],
    [
      'costs too much',
      '{ transactions(first: 100) { nodes { messages(first: 100) { nodes { id } } } } }',
      'The operation costs too much',
    ],
  ])('has a document that %s', async (_, text, message) => {
    const said = await refusal(fileWith(JSON.stringify({ [idOf(GOOD)]: GOOD, [idOf(text)]: text })))
    expect(said).toContain(`  - ${idOf(text)}: ${message}`)
    expect(said).not.toContain(idOf(GOOD))
  })

  test('has introspection, and that is off', async () => {
    const text = '{ __schema { queryType { name } } }'
    const file = fileWith(JSON.stringify({ [idOf(text)]: text }))
    expect((await read(file)).textOf({ query: text })).toBe(text)
    expect(await refusal(file, false)).toContain(idOf(text))
  })

  test.each([
    ['another hash', idOf('{ viewer { kind } }')],
    ['a hash of another kind', createHash('sha1').update(GOOD).digest('hex')],
    ['a name', 'viewer'],
    ['nothing', ''],
    ['the name of a prototype', '__proto__'],
  ])('calls a document by %s', async (_, id) => {
    expect(await refusal(fileWith(`{${JSON.stringify(id)}:${JSON.stringify(GOOD)}}`))).toContain(
      `  - ${id}: The id of this text is ${idOf(GOOD)}.`,
    )
  })

  test('has what is no text, and everything else that is wrong with it is said too', async () => {
    const wrong = '{ viewr { id } }'
    const said = await refusal(fileWith(JSON.stringify({ a: 1, b: { c: '' }, [idOf(wrong)]: wrong })))
    expect(said.split('\n')).toHaveLength(4)
    expect(said).toContain('  - a: It is no string.')
    expect(said).toContain('  - b: It is no string.')
    expect(said).toContain(`  - ${idOf(wrong)}: Cannot query`)
  })
})
