import { getOperationAST, Kind, parse } from 'graphql'
import { expect, test } from 'vitest'
import { schema } from '../../src/graphql/schema.ts'
import { wantedBy } from '../../src/graphql/wanted.ts'

/** Returns what the first field of a document requires to be read. */
function needed(document: string): string[] {
  const { definitions } = parse(document)
  const operation = getOperationAST(parse(document))
  const fieldNodes = operation?.selectionSet.selections.filter(({ kind }) => kind === Kind.FIELD)
  const [first] = fieldNodes ?? []
  if (first?.kind !== Kind.FIELD) throw new Error('Expected a field')
  const field = schema.getQueryType()?.getFields()[first.name.value]
  if (field === undefined) throw new Error('No such field')
  const { quantities, aspects } = wantedBy({
    schema,
    returnType: field.type,
    fieldNodes: (fieldNodes ?? []).filter((node) => node.kind === Kind.FIELD),
    fragments: Object.fromEntries(
      definitions
        .filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
        .map((definition) => [definition.name.value, definition]),
    ),
  })
  return [...quantities, ...aspects].toSorted()
}

test.for([
  ['{ history { bucket points { start end } } }', []],
  ['{ history { points { samples } } }', ['samples']],
  ['{ history { points { coverage } } }', ['samples']],
  ['{ history { points { pvPower { avg } soc { coverage } } } }', ['pvPower', 'soc']],
  [
    '{ history { points { sun: pvPower { avg } v: batteryVoltage { __typename } } } }',
    ['batteryVoltage', 'pvPower'],
  ],
  [
    '{ history { points { energy { pv gridExport gridImport } } } }',
    ['gridPower', 'pvPower', 'signs'],
  ],
  ['{ history { plant { latest { soc } } points { start } } }', []],
  [
    '{ history { ...A } } fragment A on History { points { ...B ...B } } fragment B on HistoryPoint { loadPower { avg } energy { ...C } } fragment C on Energy { batteryCharge }',
    ['batteryPower', 'loadPower', 'signs'],
  ],
  [
    '{ history { ... { points { ... on HistoryPoint @include(if: false) { soc { avg } } } } } }',
    ['soc'],
  ],
  ['{ history { points { gridPower @skip(if: true) { avg } } } }', ['gridPower']],
  [
    '{ history { points { soc { avg } } } history { points { pvPower { avg } } } }',
    ['pvPower', 'soc'],
  ],
  ['{ energy { start day } }', []],
  ['{ energy { coverage } }', ['samples']],
  ['{ energy { energy { load } } }', ['loadPower', 'signs']],
  ['{ energy { selfConsumption } }', ['gridPower', 'pvPower', 'signs']],
  ['{ energy { selfSufficiency } }', ['gridPower', 'loadPower', 'signs']],
  ['{ energy { peakPvPower peakLoadPower minSoc } }', ['extremes', 'loadPower', 'pvPower', 'soc']],
  [
    '{ energy { maxSoc energy { batteryDischarge } } }',
    ['batteryPower', 'extremes', 'signs', 'soc'],
  ],
  ['{ history { points { soc { min } } } }', ['extremes', 'soc']],
] as const)('%s needs %j', ([document, expected]) => {
  expect(needed(document)).toEqual(expected)
})
