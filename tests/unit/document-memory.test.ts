import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { loadConfig } from '../../src/config/config.js'
import { DocumentReader } from '../../src/graphql/document-reader.js'
import { createSchema } from '../../src/graphql/schema.js'

const MAX_MEGABYTES = 48

function heapMegabytes(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed / 2 ** 20
}

test('whatever documents are remembered take little memory', () => {
  const reader = new DocumentReader({
    schema: createSchema(),
    allowsIntrospection: true,
    limits: loadConfig({}).limits,
  })
  const ids = '1 '.repeat(980)
  reader.read(`{ nodes(ids: [${ids}]) { id } }`)
  const before = heapMegabytes()
  for (let nth = 0; nth < 600; nth += 1) {
    expect(reader.read(`{ nodes(ids: [${nth} ${ids}]) { id } }`).errors).toEqual([])
  }
  expect(heapMegabytes() - before).toBeLessThan(MAX_MEGABYTES)
  // Also keeps the reader.
  expect(reader.read('{ viewer { id } }').errors).toEqual([])
})
