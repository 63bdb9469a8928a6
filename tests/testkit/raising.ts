import { query } from './sql.js'

/** An error that Postgres raises whenever a row is inserted into a table or changed there: as a race would. */
export class Raising {
  readonly #url: string
  readonly #table: string

  private constructor(url: string, table: string) {
    this.#url = url
    this.#table = table
  }

  /** From now on, as often as `times` says; what is rolled back counts as well. */
  static async begin(url: string, table: string, sqlState: string, times: number): Promise<Raising> {
    await query(url, 'CREATE SEQUENCE raised')
    await query(
      url,
      `CREATE FUNCTION raise() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         IF nextval('raised') > ${times} THEN RETURN NEW; END IF;
         RAISE EXCEPTION 'as the test wants it' USING ERRCODE = '${sqlState}';
       END $$`,
    )
    await query(url, `CREATE TRIGGER raise BEFORE INSERT OR UPDATE ON "${table}" FOR EACH ROW EXECUTE FUNCTION raise()`)
    return new Raising(url, table)
  }

  /** How often such a row was tried. */
  async attempts(): Promise<number> {
    const [row] = await query<{ tried: number }>(this.#url, 'SELECT last_value::int AS tried FROM raised')
    return row?.tried ?? 0
  }

  async end(): Promise<void> {
    await query(this.#url, `DROP TRIGGER raise ON "${this.#table}"`)
    await query(this.#url, 'DROP FUNCTION raise()')
    await query(this.#url, 'DROP SEQUENCE raised')
  }
}
