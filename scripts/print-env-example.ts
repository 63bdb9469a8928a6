import { readFileSync, writeFileSync } from 'node:fs'
import { variables } from '../src/config/variables.js'

// Writes .env.example from src/config/variables.ts. With --check it only compares, and fails when stale.
const FILE = new URL('../.env.example', import.meta.url)
const LINE_WIDTH = 100

const HEAD = `# Every variable that the service reads, with its description and default. All of them can be left out in
# development; the description of NODE_ENV says what production demands. An empty one counts as left out.
#
# This file is not read by itself. Set variables in the environment (PORT=4001 npm start), or copy it to .env, take
# the "# " away from those that you want to set, and start with: node --env-file=.env scripts/start.mjs
`

const printed = [HEAD, ...Object.keys(variables).map((name) => block(name as keyof typeof variables))].join('\n')

if (!process.argv.includes('--check')) writeFileSync(FILE, printed)
else if (readFileSync(FILE, 'utf8') !== printed) {
  console.error('.env.example is stale: run `npm run print-env-example` and commit it.')
  process.exitCode = 1
}

/** A default that is a value stands behind the `=`. One that depends on other things is told in the comment alone. */
function block(name: keyof typeof variables): string {
  const { description, default: inWords, schema } = variables[name]
  const value = schema.safeParse(undefined).data === undefined ? '' : inWords
  const comment = [...wrap(description), ...wrap(`Default: ${inWords}`)]
  return `${[...comment.map((line) => `# ${line}`), `# ${name}=${value}`].join('\n')}\n`
}

function wrap(text: string): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= LINE_WIDTH) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
