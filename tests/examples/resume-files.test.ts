import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const files = readdirSync('examples/resume').filter((name) => name.endsWith('.ts'))

/** The lines that are neither empty nor comments. */
function codeOf(name: string): string[] {
  const lines = readFileSync(`examples/resume/${name}`, 'utf8').split('\n')
  return lines.filter((line) => !/^\s*(\/\/|\/\*|\*|$)/.test(line))
}

test('there is one for each client, and one for all', () => {
  expect(files).toEqual(['apollo.ts', 'graphql-ws.ts', 'reconnecting.ts', 'urql.ts'])
})

test.each(files)('%s needs no file beside it, and can be read in one sitting', (name) => {
  const code = codeOf(name)
  const modules = code.flatMap((line) => / from '(.+)'$/.exec(line)?.[1] ?? [])
  expect(modules.filter((module) => module.startsWith('.'))).toEqual([])
  expect(code.length).toBeLessThan(name === 'reconnecting.ts' ? 50 : 40)
})
