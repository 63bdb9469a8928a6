import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'

/** The modules of src by their path in there, each with what it imports: paths in src, or the names of packages. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>

const IMPORTS = /^(?:import|export)\s[^'"]*?from '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm

/** The modules that people wrote. */
export function sourceFiles(): string[] {
  return readdirSync('src', { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.ts') && !file.startsWith('generated/'))
    .sort()
}

/** Also imports of types alone count. */
export function readImports(): ImportGraph {
  return new Map(sourceFiles().map((file) => [file, importsOf(file, readFileSync(`src/${file}`, 'utf8'))]))
}

export function importsOf(file: string, code: string): string[] {
  return [...code.matchAll(IMPORTS)].map(([, from, bare, dynamic]) => {
    const name = from ?? bare ?? dynamic ?? ''
    return name.startsWith('.') ? posix.join(posix.dirname(file), name).replace(/\.js$/, '.ts') : name
  })
}

/** One cycle of imports, from a module back to itself; null when there is none. */
export function findCycle(graph: ImportGraph): string[] | null {
  const done = new Set<string>()
  const walk = (file: string, path: string[]): string[] | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return null
    for (const imported of graph.get(file) ?? []) {
      const cycle = walk(imported, [...path, file])
      if (cycle) return cycle
    }
    done.add(file)
    return null
  }
  for (const file of graph.keys()) {
    const cycle = walk(file, [])
    if (cycle) return cycle
  }
  return null
}
