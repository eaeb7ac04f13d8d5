import { getIntrospectionQuery } from 'graphql'
import type { Random } from './random.ts'
import { hostileSize, hostileText, nested } from './values.ts'

const WORDS = [
  'plants',
  'latestEnergy',
  'nothing',
  '__proto__',
  'id',
  'query',
  'on',
  'x',
  'constructor',
]
const SIGNS = [
  ...'{}()[]:!$@=|&,#"\\\n\u0000\ufeff',
  '...',
  '"""',
  '0',
  '-',
  '1e9999',
  '\ud800',
  '☀',
]

/** A document that no client would send: `valid` is an operation to begin from. */
export function hostileDocument(random: Random, valid: string): string {
  const size = hostileSize(random)
  const many = (text: (index: number) => string, each: number) =>
    Array.from({ length: Math.ceil(size / each) }, (_, index) => text(index)).join(' ')
  const makers: (() => string)[] = [
    () => mutated(random, valid),
    () => mutated(random, valid),
    () => mutated(random, valid),
    () => renamed(random, valid),
    () =>
      Array.from({ length: Math.ceil(size / 4) }, () => random.pick([...WORDS, ...SIGNS])).join(
        ' ',
      ),
    () => nested('{ plants ', '}', size / 10),
    () => nested('{ a ', '', size / 4),
    () => `{ plant(plantId: ${nested('[', ']', size / 2)}) { id } }`,
    () => `{ plant(plantId: ${nested('{a:', '}', size / 4, '1')}) { id } }`,
    () => `query ($x: ${nested('[', ']', size / 2, 'Int')}) { plants { id } }`,
    () => `{ latestEnergy ${nested('{ plant { latest ', ' } }', size / 20, '{ id }')} }`,
    () =>
      `{ telemetry(first: 1) { nodes { plant { ${many((n) => `a${n}: telemetry(first: 1) { nodes { id } }`, 40)} } } } }`,
    () => `{ ${many((n) => `a${n}: latestEnergy { soc }`, 25)} }`,
    () => `{ ${many((n) => `a${n}: __schema { types { name } }`, 32)} }`,
    () => `{ ${many((n) => `a${n}: __type(name: "Query") { fields { name } }`, 50)} }`,
    () => `{ __schema { types { ${nested('fields { type { ', '} }', size / 20, 'name ')} } } }`,
    () => `{ plants { ${many(() => 'id', 3)} } }`,
    () => `{ plants { ${many((n) => `${random.pick(WORDS)}${n}`, 12)} } }`,
    () => `{ plants { id ${many(() => '@include(if: true)', 19)} } }`,
    () => `{ plants { id ${many((n) => `@unknown${n}`, 12)} } }`,
    () => `{ plants { ...A } } fragment A on Plant { ...B } fragment B on Plant { ...A }`,
    () =>
      `{ plants { ...F0 } } ${many((n) => `fragment F${n} on Plant { id ...F${n + 1} ...F${n + 1} }`, 45)}`,
    () => many((n) => `query Q${n} { plants { id } }`, 30),
    () => `query (${many((n) => `$v${n}: Int`, 10)}) { plants { id } }`,
    () => `query ($a: Nothing, $b: Plant, $a: Int = "x") { plant(plantId: $a) { plantId } }`,
    () => `{ plant(plantId: ${'9'.repeat(size)}) { id } }`,
    () => `{ plant(plantId: 1e${'9'.repeat(Math.min(size, 9))}) { id } }`,
    () => `{ ${'a'.repeat(size)} }`,
    () => `{ plants { ${'a'.repeat(size)} } }`,
    () => `query ${'a'.repeat(size)} { nothing }`,
    () => `{ plants(${'a'.repeat(size)}: 1) { id } }`,
    () => `{ plant(plantId: "${'a'.repeat(size)}") { id } }`,
    () => `{ history(plantId: 1, from: "${'a'.repeat(size)}", to: "x") { bucket } }`,
    () =>
      `{ energy(plantId: 1, from: "2026-01-01", to: "2026-01-02", timeZone: "${'a'.repeat(size)}") { day } }`,
    () => `{ telemetry(after: "${'a'.repeat(size)}") { nodes { id } } }`,
    () => `mutation { upsertPlant(plantId: 1, timeZone: "${'a'.repeat(size)}") { id } }`,
    () => `mutation { runMigration(target: "${'a'.repeat(size)}", dryRun: true) { status } }`,
    () =>
      `{ energy(plantId: 1, from: "2026-01-01", to: "2026-01-02", period: ${'A'.repeat(size)}) { day } }`,
    () => `{ plants { id } } ${'#'.repeat(size)}`,
    () => `{ plants { id } } ${many(() => '#\n', 2)}`,
    () => `{ plants { id } }${' '.repeat(size)}`,
    () => `{ plants { ... @defer { id } } }`,
    () => `{ plants @stream(initialCount: 0) { id } }`,
    () => `subscription { latestEnergy { soc } telemetry { cursor } }`,
    () => `subscription { __typename }`,
    () => `type Query { a: Int } extend type Plant { x: Int } { plants { id } }`,
    () => getIntrospectionQuery(),
    () => hostileText(random),
    () => '',
  ]
  return random.pick(makers)()
}

/** With some characters left out, repeated, or others put in. */
function mutated(random: Random, text: string): string {
  let changed = text
  for (let round = random.integer(1, 4); round > 0; round--) {
    const at = random.integer(0, changed.length)
    const to = at + random.integer(0, 3)
    const put = random.pick(['', changed.slice(at, to), random.pick(SIGNS), random.pick(WORDS)])
    changed = changed.slice(0, at) + put + changed.slice(random.pick([at, to]))
  }
  return changed
}

/** Valid by its form, with a name that the schema does not have. */
function renamed(random: Random, text: string): string {
  const names = [...text.matchAll(/\b[a-z]\w+\b/gi)]
  if (names.length === 0) return text
  const { index, 0: name } = random.pick(names)
  const other = random.pick([...WORDS, `${name}${'x'.repeat(hostileSize(random))}`])
  return text.slice(0, index) + other + text.slice(index + name.length)
}
