import pg from 'pg'
import { vi } from 'vitest'

/** A statement as the service sends it. */
export interface SentStatement {
  readonly text: string
  readonly values: unknown[]
}

/** What Postgres did for a statement, as it was measured. */
export interface Plan {
  /** Each step with the index and the table that it uses, from the outermost inwards: equal steps are equal plans. */
  readonly steps: readonly string[]
  /** The most rows that any step went through, those included that it passed over. */
  readonly rows: number
}

export interface Cost {
  /** Of the statement, and of all that the functions in it run; equal ones once. */
  readonly plans: readonly Plan[]
  /** How many blocks of 8 KiB were looked at, in memory or not. */
  readonly blocks: number
  readonly milliseconds: number
}

interface PlanNode {
  readonly 'Node Type': string
  readonly 'Scan Direction'?: string
  readonly 'Index Name'?: string
  readonly 'Relation Name'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly 'Shared Hit Blocks': number
  readonly 'Shared Read Blocks': number
  readonly Plans?: readonly PlanNode[]
}

/** Does something with the service of this process, and tells which statements were sent for it. */
export async function statementsOf(work: () => Promise<unknown>): Promise<SentStatement[]> {
  const query = vi.spyOn(pg.Client.prototype, 'query')
  try {
    await work()
    return query.mock.calls.map(([config]) => config as unknown as SentStatement)
  } finally {
    query.mockRestore()
  }
}

/** A connection on which Postgres tells of each statement, and of those inside functions, how it went about it. */
export class Explainer {
  readonly #client: pg.Client
  #told: PlanNode[] = []

  private constructor(client: pg.Client) {
    this.#client = client
    client.on('notice', ({ message = '' }) => {
      const plan = message.indexOf('plan:\n')
      if (plan >= 0) this.#told.push((JSON.parse(message.slice(plan + 6)) as { Plan: PlanNode }).Plan)
    })
  }

  static async connect(databaseUrl: string): Promise<Explainer> {
    const settings = ['log_min_duration=0', 'log_analyze=on', 'log_buffers=on', 'log_nested_statements=on']
    const options = [...settings, 'log_format=json', 'log_level=notice'].map((setting) => `-c auto_explain.${setting}`)
    const client = new pg.Client({
      connectionString: databaseUrl,
      options: `-c TimeZone=UTC -c session_preload_libraries=auto_explain ${options.join(' ')}`,
    })
    await client.connect()
    return new Explainer(client)
  }

  /** Runs a statement with its values, and tells how that went. */
  async explain({ text, values }: SentStatement): Promise<Cost> {
    this.#told = []
    const startedAt = performance.now()
    await this.#client.query(text, values)
    const milliseconds = performance.now() - startedAt
    // What is inside is told of before what it is in.
    const whole = this.#told.at(-1)
    const plans = new Map(this.#told.map((node) => planOf(node)).map((plan) => [plan.steps.join(), plan]))
    return {
      plans: [...plans.values()],
      blocks: (whole?.['Shared Hit Blocks'] ?? 0) + (whole?.['Shared Read Blocks'] ?? 0),
      milliseconds,
    }
  }

  close(): Promise<void> {
    return this.#client.end()
  }
}

function planOf(whole: PlanNode): Plan {
  const nodes = flatten(whole)
  const rowsOf = (node: PlanNode) =>
    (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops']
  return {
    steps: nodes.map((node) =>
      [node['Node Type'], node['Scan Direction'], node['Index Name'] ?? node['Relation Name']]
        .filter((word) => word !== undefined)
        .join(' '),
    ),
    rows: Math.max(...nodes.map(rowsOf)),
  }
}

function flatten(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(flatten)]
}
