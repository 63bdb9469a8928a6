import pg from 'pg'

/** Runs one statement on a connection of its own. */
export async function query<Row extends object>(url: string, sql: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(sql, values)).rows
  } finally {
    await client.end()
  }
}

/** All that is stored, to compare with what is stored later. */
export async function contentsOf(url: string): Promise<Record<string, unknown>> {
  const tables = ['User', 'Transaction', 'StatusChangeKey', 'Participant', 'Message', 'TimelineEntry']
  const columns = tables.map((table) => `(SELECT json_agg(t ORDER BY t::text) FROM "${table}" t) AS "${table}"`)
  const [contents] = await query<Record<string, unknown>>(url, `SELECT ${columns.join(', ')}`)
  return contents ?? {}
}
