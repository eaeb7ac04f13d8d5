import { readFileSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')

/**
 * The arrows of the map: what each part of the program may import, apart from itself; `type` means types alone.
 * Every part is above those that it imports.
 */
const arrows: Readonly<Record<string, readonly string[]>> = {
  main: ['cli', 'database', 'fault', 'version'],
  cli: ['app', 'sources', 'telemetry', 'database', 'config', 'log', 'fault', 'migrations'],
  app: [
    'services',
    'http',
    'graphql',
    'sources',
    'system',
    'telemetry',
    'database',
    'type config',
    'type log',
    'fault',
    'migrations',
  ],
  services: ['type graphql', 'system', 'telemetry', 'database', 'type log', 'version'],
  http: ['type graphql', 'config', 'type log', 'pull-queue', 'timeout', 'fault'],
  graphql: ['telemetry', 'type system', 'database', 'quantities', 'fault'],
  sources: ['telemetry', 'type system', 'database', 'type log', 'quantities', 'fault'],
  system: ['telemetry', 'database', 'timeout', 'fault'],
  telemetry: ['database', 'type log', 'pull-queue', 'quantities', 'fault'],
  database: ['type config', 'type log', 'type quantities', 'timeout', 'fault'],
  migrations: ['quantities'],
  log: ['type config'],
  config: ['fault'],
  'pull-queue': [],
  timeout: [],
  quantities: [],
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
