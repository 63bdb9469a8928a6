import { readFileSync, writeFileSync } from 'node:fs'
import { printSchema } from 'graphql'
import { createSchema } from '../src/graphql/schema.js'

// Writes schema.graphql, the printed contract that is committed. With --check it only compares, and fails when stale.
const FILE = new URL('../schema.graphql', import.meta.url)
const printed = `${printSchema(createSchema())}\n`

if (!process.argv.includes('--check')) writeFileSync(FILE, printed)
else if (readFileSync(FILE, 'utf8') !== printed) {
  console.error('schema.graphql is stale: run `npm run print-schema` and commit it.')
  process.exitCode = 1
}
