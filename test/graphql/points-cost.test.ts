import { getOperationAST, parse } from 'graphql'
import { expect, test } from 'vitest'
import { schema } from '../../src/graphql/schema.ts'
import { judgeOperation } from '../../src/http/limits.ts'

function isAllowed(document: string): boolean {
  const ast = parse(document)
  const operation = getOperationAST(ast)
  if (operation == null) throw new Error('No operation')
  return judgeOperation(schema, ast, operation, {}).errors.length === 0
}

const range = ['soc', 'pvPower', 'loadPower', 'batteryPower', 'gridPower', 'batteryVoltage']
  .map((quantity) => `${quantity} { avg min max coverage }`)
  .join(' ')
const kilowattHours = 'energy { pv load gridImport gridExport batteryCharge batteryDischarge }'
const points = `plant { id name } bucket timeZone points { start end samples coverage ${range} ${kilowattHours} }`
const history = (args: string) => `history(plantId: 7, ${args}) { ${points} }`
const energy = (
  args: string,
) => `energy(plantId: 7, ${args}) { start end day ${kilowattHours} selfConsumption
  selfSufficiency peakPvPower peakLoadPower minSoc maxSoc coverage }`

const hours = 'from: "2026-01-01T00:00:00Z", to: "2026-03-25T08:00:00Z", bucket: "PT1H"'
const year = 'from: "2026-01-01T00:00:00Z", to: "2027-01-01T00:00:00Z"'
const days = 'from: "2020-01-01", to: "2025-06-22"'
/** The same field under so many aliases. */
const times = (count: number, field: string) =>
  `{ ${Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(' ')} }`

test.for([
  ['2000 points with every field', times(1, history(hours)), true],
  ['twice as many', times(2, history(hours)), false],
  ['2000 by maxPoints', times(1, history(`${year}, maxPoints: 2000`)), true],
  ['twice as many', times(2, history(`${year}, maxPoints: 2000`)), false],
  ['seven charts of the default size', times(7, history(year)), true],
  ['eight', times(8, history(year)), false],
  ['2000 days of energy, twice', times(2, energy(days)), true],
  ['thrice', times(3, energy(days)), false],
  // Refused by the fields themselves, which say what is wrong.
  ['too many points', times(1, history(hours.replace('PT1H', 'PT1M'))), true],
  ['a width that is none', times(1, history(hours.replace('PT1H', 'PT7M'))), true],
  ['a range that goes back', times(1, history(hours.replace('2026-01', '9999-01'))), true],
] as const)('%s: %#', ([_, document, expected]) => {
  expect(isAllowed(document)).toBe(expected)
})
