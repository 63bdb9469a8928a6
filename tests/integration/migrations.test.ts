import { createHash } from 'node:crypto'
import { appendFile, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { applyMigrations } from '../../src/platform/migrations.js'
import { createTestDatabase } from '../testkit/database.js'
import { temporaryDirectory } from '../testkit/directory.js'
import { query } from '../testkit/sql.js'

const OURS = 'prisma/migrations'

let url: string
let directory: string

beforeEach(async () => {
  const database = await createTestDatabase({ isEmpty: true })
  onTestFinished(() => database.drop())
  url = database.url
  directory = temporaryDirectory()
})

async function addMigration(name: string, sql: string): Promise<void> {
  await mkdir(join(directory, name))
  await writeFile(join(directory, name, 'migration.sql'), sql)
}

async function tables(): Promise<string[]> {
  const rows = await query<{ tablename: string }>(
    url,
    `SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`,
  )
  return rows.map(({ tablename }) => tablename)
}

describe('migrations', () => {
  test('an empty database gets all of them, in the order of their names, and a second run nothing', async () => {
    await addMigration('2_second', 'ALTER TABLE apple ADD COLUMN colour text;')
    await addMigration('1_first', 'CREATE TABLE apple (id int);')
    expect(await applyMigrations(url, directory)).toEqual(['1_first', '2_second'])
    expect(await applyMigrations(url, directory)).toEqual([])
    await addMigration('3_third', 'CREATE TABLE pear (id int);')
    expect(await applyMigrations(url, directory)).toEqual(['3_third'])
  })

  test('the books are those that Prisma keeps', async () => {
    const applied = await applyMigrations(url, OURS)
    const rows = await query<Record<string, unknown>>(url, 'SELECT * FROM _prisma_migrations ORDER BY started_at')
    expect(rows.map((row) => row['migration_name'])).toEqual(applied)
    const sql = await readFile(join(OURS, applied[0] ?? '', 'migration.sql'))
    expect(rows[0]).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      checksum: createHash('sha256').update(sql).digest('hex'),
      finished_at: expect.any(Date),
      migration_name: applied[0],
      logs: null,
      rolled_back_at: null,
      started_at: expect.any(Date),
      applied_steps_count: 1,
    })
  })

  test('nodes that start at the same time apply each migration once', async () => {
    const applied = await Promise.all(Array.from({ length: 5 }, () => applyMigrations(url, OURS)))
    expect(applied.filter((names) => names.length > 0)).toHaveLength(1)
    const rows = await query(url, 'SELECT FROM _prisma_migrations')
    expect(rows).toHaveLength(applied.flat().length)
  })

  test('one that fails leaves nothing of itself, keeps those before it, and can be put right', async () => {
    await addMigration('1_first', 'CREATE TABLE apple (id int);')
    await addMigration('2_second', 'CREATE TABLE pear (id int); SELECT * FROM nowhere;')
    await expect(applyMigrations(url, directory)).rejects.toThrow(
      '2_second failed, and nothing of it was kept: relation "nowhere"',
    )
    expect(await tables()).toEqual(['_prisma_migrations', 'apple'])
    await writeFile(join(directory, '2_second', 'migration.sql'), 'CREATE TABLE pear (id int);')
    expect(await applyMigrations(url, directory)).toEqual(['2_second'])
  })

  test('one that can not be booked is not applied either', async () => {
    await addMigration('1_first', 'CREATE TABLE apple (id int); ALTER TABLE _prisma_migrations RENAME TO elsewhere;')
    await expect(applyMigrations(url, directory)).rejects.toThrow('relation "_prisma_migrations" does not exist')
    expect(await tables()).toEqual(['_prisma_migrations'])
  })

  test('a file that was changed after it was applied is refused by name', async () => {
    await cp(OURS, directory, { recursive: true })
    const [first = ''] = await applyMigrations(url, directory)
    await appendFile(join(directory, first, 'migration.sql'), '\n-- changed')
    await expect(applyMigrations(url, directory)).rejects.toThrow(`${first} was changed after it had been applied`)
  })

  test('line ends that git has turned are no change', async () => {
    await addMigration('1_first', 'CREATE TABLE apple (\n  id int\n);\n')
    await applyMigrations(url, directory)
    await writeFile(join(directory, '1_first', 'migration.sql'), 'CREATE TABLE apple (\r\n  id int\r\n);\r\n')
    expect(await applyMigrations(url, directory)).toEqual([])
  })

  test('a database of a newer version is refused', async () => {
    await addMigration('1_first', 'CREATE TABLE apple (id int);')
    await applyMigrations(url, directory)
    await rm(join(directory, '1_first'), { recursive: true })
    await expect(applyMigrations(url, directory)).rejects.toThrow(
      "has the migration 1_first, which this version doesn't know",
    )
  })

  test('one that Prisma began and did not finish is refused until it is resolved', async () => {
    await addMigration('1_first', 'CREATE TABLE apple (id int);')
    await applyMigrations(url, directory)
    await addMigration('2_second', 'CREATE TABLE pear (id int);')
    await query(url, `INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('x', 'x', '2_second')`)
    await expect(applyMigrations(url, directory)).rejects.toThrow('2_second has failed on this database before')
    await query(url, `UPDATE _prisma_migrations SET rolled_back_at = now() WHERE id = 'x'`)
    expect(await applyMigrations(url, directory)).toEqual(['2_second'])
  })

  test('a database with tables of others is left alone', async () => {
    await query(url, 'CREATE TABLE stranger (id int)')
    await expect(applyMigrations(url, OURS)).rejects.toThrow('has tables already')
    expect(await tables()).toEqual(['stranger'])
  })

  test('a database that is not there is said in one line', async () => {
    await expect(applyMigrations('postgresql://nobody@127.0.0.1:1/none', OURS)).rejects.toThrow(
      /^The database can't be reached: .*ECONNREFUSED/,
    )
  })
})
