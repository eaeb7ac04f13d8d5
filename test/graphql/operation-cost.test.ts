import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { getIntrospectionQuery, getOperationAST, parse, print } from 'graphql'
import { describe, expect, test } from 'vitest'
import { STATEMENT } from '../../src/graphql/query-cost.ts'
import { schema } from '../../src/graphql/schema.ts'
import { withCostVariables } from '../../src/http/operations/operation-cost.ts'
import { checkOperation, type OperationCheck } from '../../src/http/operations/query-limits.ts'

function check(document: string, { variables = {}, plants = 20 } = {}): OperationCheck {
  const ast = parse(document)
  const operation = getOperationAST(ast)
  if (operation == null) throw new Error('No operation')
  const weighed = withCostVariables(schema, ast, operation)
  return checkOperation(schema, ast, weighed, variables, { plants })
}

const isAllowed = (...asked: Parameters<typeof check>) => check(...asked).errors.length === 0
const costOf = (...asked: Parameters<typeof check>) => check(...asked).cost

const reading = `id timestamp createdAt soc batteryPower batteryVoltage batteryCurrent pvPower pvVoltage pvCurrent
  loadPower gridPower pvToGrid gridToLoad pvToLoad pvToBattery batteryToLoad batteryCharge batteryDischarge gridImport
  gridExport ageSeconds`
const range = ['soc', 'pvPower', 'loadPower', 'batteryPower', 'gridPower', 'batteryVoltage']
  .map((quantity) => `${quantity} { avg min max coverage }`)
  .join(' ')
const kilowattHours = 'energy { pv load gridImport gridExport batteryCharge batteryDischarge }'
const points = `plant { id name } bucket timeZone points { start end samples coverage ${range} ${kilowattHours} }`
const history = (args: string, below = points) => `history(plantId: 7, ${args}) { ${below} }`
const meteredFields =
  'metered { pv load gridImport gridExport batteryCharge batteryDischarge generator }'
const energy = (
  args: string,
  more = '',
) => `energy(plantId: 7, ${args}) { start end day ${kilowattHours} selfConsumption
  selfSufficiency peakPvPower peakLoadPower minSoc maxSoc coverage ${more} }`

const costs = (args: string) => `costs(plantId: 7, ${args}) { day importCost total savings }`

/** Whole days before the end of March. */
const lately = (days: number) =>
  `from: "${new Date(Date.UTC(2026, 3, 1) - days * 86_400_000).toISOString()}", to: "2026-04-01T00:00:00Z"`
const hours = `${lately(2000 / 24)}, bucket: "PT1H"`
const year = 'from: "2026-01-01T00:00:00Z", to: "2027-01-01T00:00:00Z"'
const days = 'from: "2020-01-01", to: "2025-06-22"'
/** The same field under so many aliases. */
const times = (count: number, field: string) =>
  `{ ${Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(' ')} }`
const page = `telemetry(first: 1000) { edges { cursor node { ${reading} } } nodes { ${reading} } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`
const introspection = getIntrospectionQuery({
  inputValueDeprecation: true,
  schemaDescription: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  oneOf: true,
})
function introspectionTimes(count: number): string {
  const { definitions } = parse(introspection)
  const [operation, ...fragments] = definitions.map(print)
  const field = operation?.slice(operation.indexOf('{') + 1, operation.lastIndexOf('}')) ?? ''
  return `${times(count, field)} ${fragments.join(' ')}`
}

const fourQuantities = `points { start pvPower { avg } loadPower { avg } gridPower { avg } soc { avg min max } }`

test.for([
  ['a page of 1000 readings with every field, edges, nodes and pageInfo', `{ ${page} }`],
  ['2000 points with every field', times(1, history(hours))],
  [
    'the newest readings as they come, with every field and their plants',
    `subscription { latestEnergy { ${reading} plant { id name timeZone isStale latest { ${reading} } } } }`,
  ],
  [
    'every reading in batches of 1000 with every field',
    `subscription { telemetry(maxBatch: 1000) { cursor node { ${reading} plant { id name } } } }`,
  ],
  [
    '2000 points of five minutes with every field',
    times(1, history(`${lately(6.94)}, bucket: "PT5M"`)),
  ],
  ['2000 points by maxPoints', times(1, history(`${year}, maxPoints: 2000`))],
  ['seven charts of a year', times(7, history(year))],
  ['2000 days of energy, twice', times(2, energy(days))],
  ['2000 days of energy with the counters', times(1, energy(days, meteredFields))],
  [
    'five charts of 720 points with four quantities',
    times(5, history(`${lately(2.5)}, bucket: "PT5M"`, fourQuantities)),
  ],
  [
    'a dashboard of 20 plants with their newest and ten readings',
    `{ plants { id name isStale latest { ${reading} } telemetry(first: 10) { nodes { ${reading} } } } }`,
  ],
  [
    'the newest reading of each of a hundred plants',
    times(100, `latestEnergy(plantId: 7) { soc }`),
  ],
  [
    'five years of costs by month',
    `{ ${costs('from: "2021-01-01", to: "2025-12-31", period: MONTH')} }`,
  ],
  [
    'a quarter of a year of ten plants by month, in kWh and money',
    `{ fleet(plantIds: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) { energy(from: "2026-01-01", to: "2026-03-31", period: MONTH) { energy { pv load } }
      costs(from: "2026-01-01", to: "2026-03-31", period: MONTH) { total savings } } }`,
  ],
  ['introspection', introspection],
  // The fields themselves refuse these and say what is wrong.
  ['too many points', times(1, history(hours.replace('PT1H', 'PT1M')))],
  ['a page that is too large', '{ telemetry(first: 100000) { nodes { id } } }'],
  ['a width that is none', times(1, history(hours.replace('PT1H', 'PT7M')))],
  ['a range that goes back', times(1, history(hours.replace('2026-01', '9999-01')))],
  ['a time that no calendar has', times(1, history(hours.replace('2026-01', '+275760-09')))],
  [
    'a plant and its page again by its id',
    `query { node(id: "x") { id ... on Plant { name telemetry(first: 100) { nodes { ${reading} } } } } }`,
  ],
  [
    'a hundred readings again by their ids',
    `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Telemetry { ${reading} } } }`,
  ],
] as const)('%s is allowed', ([_, document]) => {
  expect(check(document).errors).toEqual([])
})

test('every query that the README and GraphiQL show is allowed', () => {
  const readme = readFileSync('README.md', 'utf8')
  const shown = [
    ...readme.matchAll(/```graphql\n(.*?)```/gs),
    ...readme.matchAll(/`(\{ \w+ \{[^`…]*\})`/g),
  ]
  const offered = readFileSync('src/http/graphiql-tabs.ts', 'utf8').matchAll(
    /^const \w+ = `(#.*?)^`/gms,
  )
  const documents = [...shown, ...offered].map(([, document = '']) => document)
  expect(documents.length).toBeGreaterThanOrEqual(9)
  for (const document of documents) expect(check(document)).toMatchObject({ errors: [] })
})

test.for([
  ['two of the largest pages', times(2, page)],
  ['two charts of 2000 points with every field', times(2, history(hours))],
  ['2000 days of energy, thrice', times(3, energy(days))],
  [
    'nine pages of the plant of each of 1000 readings',
    `{ telemetry(first: 1000) { nodes { plant ${times(9, 'telemetry(first: 1) { nodes { id } }')} } } }`,
  ],
  [
    'whether each of 300 pages has one before',
    '{ telemetry(first: 300) { nodes { plant { telemetry(first: 1) { pageInfo { hasPreviousPage } } } } } }',
  ],
  [
    'a page with each event',
    'subscription { latestEnergy { plant { telemetry(first: 1000) { nodes { soc } } } } }',
  ],
  [
    'a page with each event of a batch of one',
    'subscription { telemetry(maxBatch: 1) { node { plant { telemetry(first: 1000) { nodes { soc } } } } } }',
  ],
  ['five years of costs nine times', times(9, costs('from: "2021-01-01", to: "2025-12-31"'))],
  [
    'a year of the costs of 50 plants',
    `{ fleet(plantIds: [${Array.from({ length: 50 }, (_, id) => id)}]) { costs(from: "2025-01-01", to: "2025-12-31") { total } } }`,
  ],
  [
    'pages of a hundred plants by their ids',
    `{ nodes(ids: [${Array.from({ length: 100 }, () => '"x"')}]) { id ... on Node { ... on Plant { telemetry(first: 100) { nodes { id } } } } } }`,
  ],
  [
    'pages of one plant by its id, in fragments',
    `{ node(id: "x") { ...Some ... on Plant { plantId } } } fragment Some on Node { ... on Plant ${times(20, 'telemetry(first: 1000) { nodes { id } }')} }`,
  ],
  ['the catalog a hundred times', times(100, 'schemaStatus { serverVersion }')],
  ['introspection ten times', introspectionTimes(10)],
  [
    'descriptions by aliases',
    times(90, '__schema { types { description fields { description } } }'),
  ],
  [
    'four charts of four weeks by twenty minutes',
    times(4, history(`${lately(27.5)}, bucket: "PT20M"`, fourQuantities)),
  ],
] as const)('%s: refused', ([_, document]) => {
  expect(check(document).errors).toMatchObject([{ extensions: { code: 'QUERY_TOO_COMPLEX' } }])
})

test('the plants that there are count', () => {
  const document = '{ plants { telemetry(first: 1) { nodes { id } } } }'
  expect(isAllowed(document, { plants: 200 })).toBe(true)
  expect(isAllowed(document, { plants: 2000 })).toBe(false)
})

test.for(['health { status }', 'systemStats { totalEnergySnapshots }'])(
  'each %s costs its statement',
  (field) => {
    expect(costOf(times(100, field))).toBeGreaterThanOrEqual(100 * STATEMENT)
  },
)

test('introspection by variables costs as much', () => {
  const document = (name: string) =>
    `query ($name: String!, $old: Boolean = false) ${times(100, `__type(name: ${name}) { fields(includeDeprecated: $old) { __typename name description isDeprecated type { name kind description ofType { name kind description } } } }`)}`
  expect(isAllowed(document('"Telemetry"'))).toBe(false)
  expect(isAllowed(document('$name'), { variables: { name: 'Telemetry' } })).toBe(false)
  for (const name of ['DateTime', 'Nothing']) {
    expect(isAllowed(document('$name'), { variables: { name } })).toBe(true)
  }
  // The field returns an error.
  expect(isAllowed(document('$name'), { variables: { name: 'Telemetry', old: null } })).toBe(true)
})

test('a field that fails by its null variable lets no other through', () => {
  const document = `query ($to: DateTime = "2026-01-01T00:00:00Z") {
    refused: history(plantId: 7, from: "2025-01-01T00:00:00Z", to: $to) { bucket }
    pages: telemetry(first: 1000) { nodes { plant { telemetry(first: 1000) { nodes { id } } } } }
  }`
  expect(isAllowed(document, { variables: { to: null } })).toBe(false)
})

describe('the cost grows', () => {
  const growing = (least: number, most: number, document: (count: number) => string) => {
    const numbers = fc.tuple(
      fc.integer({ min: least, max: most }),
      fc.integer({ min: least, max: most }),
    )
    fc.assert(
      fc.property(numbers, ([one, other]) => {
        fc.pre(one < other)
        expect(costOf(document(one))).toBeLessThan(costOf(document(other)))
      }),
    )
  }

  test('with the page', () =>
    growing(1, 1000, (size) => `{ telemetry(first: ${size}) { nodes { id } } }`))
  test('with the aliases', () => growing(1, 100, (count) => times(count, 'latestEnergy { id }')))
  test('with the letters of an alias', () =>
    growing(1, 100, (size) => `{ telemetry { nodes { ${'a'.repeat(size)}: id } } }`))
  test('with the points', () =>
    growing(1, 80, (days) => `{ ${history(`${lately(days)}, bucket: "PT1H"`)} }`))
  test('with the readings that are read for as many points', () =>
    growing(1, 3, (width) => {
      const minutes = [1, 2, 5][width - 1] ?? 1
      return `{ ${history(`${lately((500 * minutes) / 1440)}, bucket: "PT${minutes}M"`, 'points { start }')} }`
    }))
  test('with the rows of rollups for as many points', () =>
    growing(1, 9, (years) => `{ ${history(`${lately(360 * years)}, bucket: "P1Y"`, 'bucket')} }`))
  test('with the readings that are sent', () =>
    growing(1, 9, (count) => {
      const readings = Array.from({ length: count }, () => '{ plantId: 1 }').join(' ')
      return `mutation { recordTelemetry(readings: [${readings}]) { inserted } }`
    }))
})
