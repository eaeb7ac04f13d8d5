import { readFileSync } from 'node:fs'
import { glob, readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')

/**
 * The arrows of the map: what each part of the program may import, apart from itself; `type` means types alone.
 * Every part is above those that it imports.
 */
const arrows: Readonly<Record<string, readonly string[]>> = {
  main: ['cli', 'database', 'fault', 'version'],
  cli: [
    'app',
    'outputs',
    'sources',
    'tariffs',
    'telemetry',
    'database',
    'config',
    'log',
    'how-to-run',
    'fault',
    'migrations',
  ],
  app: [
    'services',
    'alerts',
    'http',
    'web',
    'graphql',
    'outputs',
    'sources',
    'system',
    'telemetry',
    'database',
    'type config',
    'type log',
    'tracing',
    'fault',
    'migrations',
  ],
  services: [
    'type graphql',
    'system',
    'telemetry',
    'database',
    'type log',
    'type measure',
    'version',
    'type tracing',
  ],
  http: [
    'type graphql',
    'config',
    'type log',
    'type measure',
    'known-json',
    'pull-queue',
    'timeout',
    'whole-second',
    'type tracing',
    'how-to-run',
    'fault',
  ],
  graphql: [
    'tariffs',
    'telemetry',
    'type system',
    'database',
    'known-json',
    'milliseconds',
    'quantities',
    'whole-second',
    'fault',
  ],
  sources: [
    'tariffs',
    'telemetry',
    'type system',
    'database',
    'type log',
    'type measure',
    'milliseconds',
    'timeout',
    'quantities',
    'type tracing',
    'fault',
  ],
  alerts: ['type system', 'telemetry', 'database', 'type log', 'timeout', 'fault'],
  outputs: ['sources', 'type alerts', 'telemetry', 'database', 'type log', 'quantities', 'version'],
  tariffs: ['telemetry', 'database', 'fault'],
  system: ['telemetry', 'database', 'type measure', 'timeout', 'how-to-run', 'fault'],
  telemetry: [
    'database',
    'type log',
    'pull-queue',
    'quantities',
    'whole-second',
    'type tracing',
    'how-to-run',
    'fault',
  ],
  database: ['type config', 'type log', 'type quantities', 'timeout', 'how-to-run', 'fault'],
  migrations: ['quantities'],
  log: ['type config'],
  config: ['milliseconds', 'tracing', 'fault'],
  tracing: ['type log', 'timeout', 'version', 'fault'],
  'how-to-run': [],
  'pull-queue': [],
  measure: [],
  web: [],
  timeout: [],
  milliseconds: [],
  quantities: [],
  'whole-second': [],
  version: ['package.json'],
  fault: [],
}

test('imports point one way', async () => {
  const found = new Map<string, Set<string>>()
  for await (const file of glob('{src,migrations}/**/*.ts', { cwd: root })) {
    const from = partOf(file)
    for (const { path, isType } of importsOf(file)) {
      const to = partOf(path)
      if (to === from) continue
      const arrow = isType ? `type ${to}` : to
      expect(allows(from, arrow), `${file} imports ${path}`).toBe(true)
      found.set(from, (found.get(from) ?? new Set()).add(arrow))
    }
  }
  // A line of the table that nothing follows any more would let a wrong import in later.
  for (const [from, targets] of Object.entries(arrows)) {
    const used = found.get(from) ?? new Set()
    expect(
      targets.filter((target) => !used.has(target)),
      from,
    ).toEqual([])
  }
})

test('the arrows have no circle, but for types', () => {
  const above = (part: string, seen: readonly string[] = []): void => {
    expect(seen).not.toContain(part)
    for (const target of arrows[part] ?? []) {
      if (!target.startsWith('type ')) above(target, [...seen, part])
    }
  }
  for (const part of Object.keys(arrows)) above(part)
})

test('no file imports itself through others, types included', async () => {
  const imports = new Map<string, string[]>()
  for await (const file of glob('{src,migrations}/**/*.ts', { cwd: root })) {
    imports.set(
      file,
      importsOf(file).map(({ path }) => path),
    )
  }
  const circles: string[] = []
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file)
    if (at >= 0) circles.push([...path.slice(at), file].join(' > '))
    if (at >= 0 || done.has(file)) return
    for (const next of imports.get(file) ?? []) visit(next, [...path, file])
    done.add(file)
  }
  for (const file of imports.keys()) visit(file, [])
  expect(circles).toEqual([])
})

test('no migration imports another', async () => {
  for await (const file of glob('migrations/**/*.ts', { cwd: root })) {
    if (file === 'migrations/index.ts') continue
    const others = importsOf(file).filter(({ path }) => /^migrations\/\d/.test(path))
    expect(others, file).toEqual([])
  }
})

/** Where SQL about a table may be; all other files call what is there. */
const owners: Readonly<Record<string, string>> = {
  telemetry_change: 'src/telemetry/changes/',
  telemetry_log: 'src/telemetry/changes/',
  feed: 'src/telemetry/changes/',
  rollup: 'src/telemetry/changes/',
  rollup_quarter: 'src/telemetry/history/',
  rollup_hour: 'src/telemetry/history/',
  reading_count: 'src/telemetry/history/',
  counted_chunk: 'src/telemetry/history/',
  retention_run: 'src/telemetry/retention/',
  source: 'src/telemetry/source-state.ts',
  source_hour: 'src/telemetry/source-state.ts',
  alert: 'src/alerts/',
  alert_message: 'src/alerts/',
  disk_sample: 'src/alerts/',
  tariff: 'src/tariffs/',
  price: 'src/tariffs/',
}

test('each table has one owner', async () => {
  const strangers: string[] = []
  const owned = new Set<string>()
  for await (const file of glob('src/**/*.ts', { cwd: root })) {
    if (file === 'src/database/schema.ts') continue
    const text = (await readFile(resolve(root, file), 'utf8')).replace(
      /\/\*.*?\*\/|\/\/[^\n]*/gs,
      '',
    )
    for (const [, table = ''] of text.matchAll(/solark\.(\w+)/g)) {
      const owner = owners[table]
      if (owner === undefined) continue
      if (file.startsWith(owner)) owned.add(table)
      else strangers.push(`${file}: ${table}`)
    }
  }
  expect(strangers).toEqual([])
  expect([...owned].sort()).toEqual(Object.keys(owners).sort())
})

test('an exported name means one thing', async () => {
  const files = new Map<string, string[]>()
  for await (const file of glob('src/**/*.ts', { cwd: root })) {
    if (file.startsWith('src/web/generated/')) continue // The names of the contract.
    const text = await readFile(resolve(root, file), 'utf8')
    const names = text.matchAll(
      /^export (?:abstract |async )*(?:function\*?|const|class|interface|type) +(\w+)/gm,
    )
    for (const [, name = ''] of names) files.getOrInsertComputed(name, () => []).push(file)
  }
  const shared = [...files].filter(([, places]) => new Set(places).size > 1)
  expect(shared).toEqual([])
})

function allows(from: string, arrow: string): boolean {
  const targets = arrows[from] ?? []
  return targets.includes(arrow) || targets.includes(arrow.replace(/^type /, ''))
}

/** `src/http/server.ts` belongs to http, `src/app.ts` to app, `migrations/index.ts` to migrations. */
function partOf(path: string): string {
  const [first = '', second] = path.split('/')
  return first === 'src' && second !== undefined ? second.replace(/\.ts$/, '') : first
}

/** The relative imports of a file, as paths from the root. */
function importsOf(file: string): { path: string; isType: boolean }[] {
  const text = readFileSync(resolve(root, file), 'utf8')
  const statements = [
    ...text.matchAll(/^(import|export)\s+(type\s)?([^'";]*?\sfrom\s)?'(\.[^']+)'/gm),
    ...text.matchAll(/(import)()()\('(\.[^']+)'\)/g),
  ]
  return statements.map(([, , type, names = '', target = '']) => ({
    path: resolve(root, dirname(file), target).slice(root.length + 1),
    isType: Boolean(type) || namesOnlyTypes(names),
  }))
}

/** `{ type A, type B }`. */
function namesOnlyTypes(names: string): boolean {
  const listed = /\{([^}]*)\}/.exec(names)?.[1]?.split(',') ?? ['']
  const entries = listed.map((entry) => entry.trim()).filter((entry) => entry !== '')
  return entries.length > 0 && entries.every((entry) => entry.startsWith('type '))
}
