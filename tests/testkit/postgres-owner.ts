import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres.js'

// A process that owns an embedded Postgres: for tests that kill it, or run it as somebody else. It says one line: its
// URL, or why there is none.

const [directory = '', settings = '{}'] = process.argv.slice(2)
try {
  const postgres = await startEmbeddedPostgres({ directory, settings: JSON.parse(settings) })
  process.once('SIGTERM', () => void postgres.close())
  process.stdout.write(`${JSON.stringify({ url: postgres.url })}\n`)
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: (error as Error).message })}\n`)
}
