import { quantities, quantityOf } from '../../quantities.ts'
import { isSide, type Side } from '../sides.ts'
import type { ColumnSource, IgnoredColumn } from './columns.ts'
import type { CsvPlan } from './csv-plan.ts'
import { baseUnitOf, columnOfTarget, type Target } from './targets.ts'
import type { TimeFormat } from './times.ts'

const delimiterNames: Readonly<Record<string, string>> = {
  ',': 'comma',
  ';': 'semicolon',
  '\t': 'tab',
  '|': 'vertical bar',
}

const timeNames: Readonly<Record<TimeFormat, string>> = {
  ymd: 'year first',
  dmy: 'day first',
  mdy: 'month first',
  unix: 'seconds since 1970',
  'unix-ms': 'milliseconds since 1970',
  'unix-ns': 'nanoseconds since 1970',
  excel: 'serial days of Excel',
}

/** Returns how a file is understood, in a line for its shape and one for each column. */
export function describePlan(plan: CsvPlan): string[] {
  const { shape, columns, decimal, encoding } = plan
  const delimiter = delimiterNames[shape.delimiter] ?? JSON.stringify(shape.delimiter)
  const zone = plan.timeZone === undefined ? '' : `, clock of ${plan.timeZone}`
  return [
    `File: ${encoding}, columns parted by ${delimiter}, decimals after ${decimal === '.' ? 'a point' : 'a comma'}, ${shape.rowsBefore} rows before the readings`,
    ...shape.timePlaces.map(
      (place, index) =>
        `  ${JSON.stringify(shape.columns[place]?.name)} is the ${index === 0 ? `time, ${timeNames[shape.timeFormat]}${zone}` : 'time of day'}`,
    ),
    ...[...columns.sources]
      .filter(([target]) => target !== 'timestamp')
      .map(([target, source]) => `  ${describeSource(target, source, plan)}`),
    ...columns.ignored.map(
      ({ column, reason }) =>
        `  ${JSON.stringify(column.name)} is not read${reason === undefined ? '' : `: ${reason}`}`,
    ),
  ]
}

function describeSource(
  target: Target,
  { columns, unit, exponents }: ColumnSource,
  plan: CsvPlan,
): string {
  const names = columns.map(({ name }) => JSON.stringify(name)).join(' + ')
  const prefixes: Readonly<Record<number, string>> = { 3: 'k', 6: 'M', [-3]: 'm' }
  const written =
    unit === undefined
      ? baseUnitOf(target)
      : [...new Set(exponents)]
          .map((exponent) => `${prefixes[exponent] ?? ''}${unit.base}`)
          .join(' + ')
  const kind =
    unit?.base === 'Wh'
      ? `${written} in ${(plan.interval ?? 0) / 60_000_000} minutes from the time ${plan.intervalTime === 'start' ? 'on' : 'back'}`
      : written
  const sign = signOf(target, plan)
  const details = [kind, sign].filter((detail) => detail !== undefined).join(', ')
  return `${names} is ${columnOfTarget(target)}${details === '' ? '' : ` (${details})`}`
}

function signOf(target: Target, { signs }: CsvPlan): string | undefined {
  if (isSide(target)) return undefined
  const quantity = quantities.find(({ field }) => field === target)
  const sign = quantity === undefined ? undefined : quantityOf(quantity.field).sign
  if (sign === 'battery') return `+ is ${signs.batteryPositive}`
  return sign === 'grid' ? `+ is ${signs.gridPositive}` : undefined
}

/** Columns that look like powers and are not read, so that nobody misses them in silence. */
export function unreadPowers({ columns }: CsvPlan): readonly IgnoredColumn[] {
  return columns.ignored.filter(({ looksLikePower }) => looksLikePower)
}

/** Sides of powers whose other side is in the file, so that they count as 0. */
export function missingSides({ columns: { sources } }: CsvPlan): readonly Side[] {
  const pairs = [
    ['batteryCharge', 'batteryDischarge'],
    ['gridImport', 'gridExport'],
  ] as const
  return pairs.flatMap((pair) => {
    const missing = pair.filter((side) => !sources.has(side))
    return missing.length === 1 ? missing : []
  })
}
