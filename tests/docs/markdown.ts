import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A fenced block, and the line on which its fence opens. */
export interface Block {
  readonly language: string
  readonly text: string
  readonly line: number
}

export interface Link {
  readonly target: string
  readonly line: number
}

export interface MarkdownDocument {
  /** From the folder of the project. */
  readonly path: string
  readonly text: string
  /** The text without its blocks. */
  readonly prose: string
  readonly blocks: readonly Block[]
  readonly links: readonly Link[]
  /** The anchors of its headings, as GitHub makes them. */
  readonly anchors: ReadonlySet<string>
}

/** The documents that tell the project: README, CHANGELOG, SECURITY, and all below docs/ and examples/. */
export function readDocuments(): MarkdownDocument[] {
  return ['README.md', 'CHANGELOG.md', 'SECURITY.md', ...below('docs'), ...below('examples')].map(readDocument)
}

function below(folder: string): string[] {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.md'))
  return paths.toSorted().map((path) => join(folder, path))
}

export function readDocument(path: string): MarkdownDocument {
  const text = readFileSync(path, 'utf8')
  const blocks: Block[] = []
  const prose: string[] = []
  let open: { language: string; lines: string[]; line: number } | null = null
  text.split('\n').forEach((line, index) => {
    const fence = /^```(\w*)$/.exec(line)
    if (fence && open === null) open = { language: fence[1] ?? '', lines: [], line: index + 1 }
    else if (fence && open !== null) {
      blocks.push({ language: open.language, text: open.lines.join('\n'), line: open.line })
      open = null
    } else if (open !== null) open.lines.push(line)
    // Lines keep their numbers.
    prose.push(open === null && !fence ? line : '')
  })
  if (open !== null) throw new Error(`${path} has a block without an end`)
  return {
    path,
    text,
    prose: prose.join('\n'),
    blocks,
    links: prose.flatMap((line, index) => linksOf(line).map((target) => ({ target, line: index + 1 }))),
    anchors: new Set(prose.flatMap((line) => /^#+ (.+)$/.exec(line)?.slice(1) ?? []).map(anchorOf)),
  }
}

function linksOf(line: string): string[] {
  return [...line.matchAll(/\]\(([^)]+)\)/g)].flatMap(([, target]) => target ?? [])
}

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')
}
