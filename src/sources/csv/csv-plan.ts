import { type Instant, instantOf } from '../../database/instant.ts'
import { Fault } from '../../fault.ts'
import type { NumberField } from '../../quantities.ts'
import type { Reading } from '../../telemetry/reading.ts'
import { type ColumnMap, type CsvColumns, findColumns, requireMeasurement } from './columns.ts'
import { detectShape, type FileShape } from './detect-shape.ts'
import { findSigns } from './find-signs.ts'
import type { Encoding, OpenedText } from './open-text.ts'
import type { Preset } from './presets.ts'
import { type CsvSigns, type RowParser, rowParser } from './row-parser.ts'
import type { CsvRow } from './rows.ts'
import type { IntervalTime } from './steps.ts'
import { parseTimeAs, type TimeFormat } from './times.ts'
import { unitOf } from './units.ts'
import { type Decimal, findDecimal, missingWords, numberParser } from './values.ts'
import { WallClock } from './wall-clock.ts'

/** How a file is to be read; what is left out is detected. */
export interface CsvOptions {
  /** The plant of all readings; without it the file has a column plant_id. */
  plantId?: number | undefined
  /** IANA name: the zone of times without an offset, and of the plants that have no zone of their own. */
  timeZone?: string | undefined
  columns: ColumnMap
  preset?: Preset | undefined
  batteryPositive?: CsvSigns['batteryPositive'] | undefined
  gridPositive?: CsvSigns['gridPositive'] | undefined
  /** Of every power; Wh and kWh say that the columns are energies of intervals. */
  unit?: 'W' | 'kW' | 'Wh' | 'kWh' | undefined
  encoding?: Encoding | undefined
  delimiter?: string | undefined
  headerLines?: readonly [number, number] | undefined
  timeFormat?: TimeFormat | undefined
  decimal?: Decimal | undefined
  /** Further words for "not measured". */
  missing?: readonly string[] | undefined
  /** Microseconds; the length of the intervals of energies. */
  interval?: number | undefined
  intervalTime?: IntervalTime | undefined
  /** Microseconds for which a value holds if nothing newer is known. */
  hold?: number | undefined
  /** Microseconds within which values of several sensors are one reading. */
  window?: number | undefined
  /** stop: a refused row means that nothing is stored. skip: whatever else can be read is stored. */
  onError: 'stop' | 'skip'
}

/** How a file is read, as detected or told. */
export interface CsvPlan {
  encoding: string
  shape: FileShape
  columns: CsvColumns
  signs: CsvSigns
  /**
   * found: nobody said it, and the values of the file show that one is not the usual one. refuted: they show that what
   * somebody said is wrong. shown: they agree. assumed: they do not show it.
   */
  signsAre: 'found' | 'refuted' | 'shown' | 'assumed'
  decimal: Decimal
  timeZone: string | undefined
  /** Microseconds; undefined if no column is an energy of intervals. */
  interval: number | undefined
  intervalTime: IntervalTime
}

export function wordsOf({ missing = [] }: CsvOptions): readonly string[] {
  return [...missingWords, ...missing.map((word) => word.trim().toLowerCase())]
}

export function parserOf(
  plan: CsvPlan,
  options: CsvOptions,
  clock: WallClock | undefined,
  now: Instant,
): RowParser {
  return rowParser({
    ...plan.signs,
    shape: plan.shape,
    columns: plan.columns,
    numbers: numberParser(plan.decimal, wordsOf(options)),
    emptySidesAreZero: options.preset?.emptySidesAreZero === true,
    plantId: options.plantId,
    clock,
    now,
  })
}

/** Decides how the file is read: by the options, else by the preset, else by what its beginning shows. */
export function planOf(opened: OpenedText, options: CsvOptions): CsvPlan {
  const { preset } = options
  const shape = detectShape(opened, {
    delimiter: options.delimiter,
    headerLines: options.headerLines,
    timeFormat: options.timeFormat ?? preset?.timeFormat,
    map: options.columns,
  })
  const unit = options.unit ?? preset?.unit
  const columns = findColumns(shape.columns, {
    map: options.columns,
    known: preset?.columns,
    unit: unit === undefined ? undefined : unitOf(unit),
    counters: countersIn(shape),
    timePlaces: shape.timePlaces,
  })
  requireMeasurement(columns, shape.columns)
  if (options.plantId === undefined && !columns.sources.has('plantId')) {
    throw new Fault(
      'BAD_USER_INPUT',
      'Whose readings are they? Give --plant ID, or name the column with --map plant_id=…',
    )
  }
  const decimal = options.decimal ?? preset?.decimal ?? decimalOf(shape, columns)
  const timeZone = options.timeZone ?? preset?.timeZone ?? shape.timeZone
  const hasEnergies = [...columns.sources.values()].some((source) => source.unit?.base === 'Wh')
  const plan = {
    encoding: opened.encoding,
    shape,
    columns,
    decimal,
    timeZone,
    interval: hasEnergies ? (options.interval ?? intervalOf(shape)) : undefined,
    intervalTime: options.intervalTime ?? preset?.intervalTime ?? 'start',
  } as const
  return { ...plan, ...signsOf(plan, options) }
}

type Unsigned = Omit<CsvPlan, 'signs' | 'signsAre'>

function signsOf(plan: Unsigned, options: CsvOptions): Pick<CsvPlan, 'signs' | 'signsAre'> {
  const found = signsIn(plan, options)
  const said = saidSigns(plan, options)
  const signs = {
    batteryPositive: said.batteryPositive ?? found?.batteryPositive ?? USUAL_SIGNS.batteryPositive,
    gridPositive: said.gridPositive ?? found?.gridPositive ?? USUAL_SIGNS.gridPositive,
  }
  if (found === undefined) return { signs, signsAre: 'assumed' }
  const isRefuted =
    signs.batteryPositive !== found.batteryPositive || signs.gridPositive !== found.gridPositive
  if (isRefuted) return { signs, signsAre: 'refuted' }
  const isFound =
    (said.batteryPositive ?? USUAL_SIGNS.batteryPositive) !== found.batteryPositive ||
    (said.gridPositive ?? USUAL_SIGNS.gridPositive) !== found.gridPositive
  return { signs, signsAre: isFound ? 'found' : 'shown' }
}

/** The signs that the options, the preset, or the names of solark.telemetry say. */
function saidSigns(
  { columns: { sources } }: Unsigned,
  { batteryPositive, gridPositive, preset }: CsvOptions,
): Partial<CsvSigns> {
  const isExact = (field: NumberField) => sources.get(field)?.known === 'exact'
  const battery =
    batteryPositive ??
    preset?.batteryPositive ??
    (isExact('batteryPower') || (!sources.has('batteryPower') && isExact('batteryCurrent'))
      ? USUAL_SIGNS.batteryPositive
      : undefined)
  const grid =
    gridPositive ??
    preset?.gridPositive ??
    (isExact('gridPower') ? USUAL_SIGNS.gridPositive : undefined)
  return {
    ...(battery === undefined ? {} : { batteryPositive: battery }),
    ...(grid === undefined ? {} : { gridPositive: grid }),
  }
}

function signsIn(plan: Unsigned, options: CsvOptions): CsvSigns | undefined {
  const { sources } = plan.columns
  const signed = {
    batteryPower: sources.has('batteryPower'),
    gridPower: sources.has('gridPower'),
    batteryCurrent: sources.has('batteryCurrent'),
  }
  if (!signed.batteryPower && !signed.gridPower && !signed.batteryCurrent) return undefined
  return findSigns(
    sampleReadings({ ...plan, signs: USUAL_SIGNS, signsAre: 'assumed' }, options),
    signed,
  )
}

const USUAL_SIGNS: CsvSigns = { batteryPositive: 'discharging', gridPositive: 'import' }

/** So many rows show the signs. */
const SIGN_ROWS = 2000

function sampleReadings(plan: CsvPlan, options: CsvOptions): Reading[] {
  // Any zone does, since only the powers are looked at.
  const parse = parserOf(
    plan,
    { ...options, plantId: 0 },
    new WallClock('UTC'),
    instantOf(new Date()),
  )
  return plan.shape.rows.slice(0, SIGN_ROWS).flatMap((row) => {
    const parsed = parse(row)
    return typeof parsed === 'object' && 'reading' in parsed ? [parsed.reading] : []
  })
}

function decimalOf(shape: FileShape, { sources }: CsvColumns): Decimal {
  const places = [...sources]
    .filter(([target]) => target !== 'timestamp' && target !== 'plantId' && target !== 'sensor')
    .flatMap(([, { columns }]) => columns.map(({ place }) => place))
  const cells = shape.rows.flatMap(({ values }) => places.map((place) => values[place] ?? ''))
  const finding = findDecimal(cells, shape.delimiter)
  if ('decimal' in finding) return finding.decimal
  const { undecided } = finding
  throw new Fault(
    'BAD_USER_INPUT',
    `The numbers of the file can be read two ways: is ${undecided} more than a thousand, or does it have three decimals? Give --decimal . or --decimal ,`,
  )
}

/** The usual distance of neighbouring rows, in microseconds. */
function intervalOf({ rows, timePlaces, timeFormat }: FileShape): number {
  const textOf = ({ values }: CsvRow) => timePlaces.map((place) => values[place] ?? '').join(' ')
  const times = rows.flatMap((row) => {
    const time = parseTimeAs(textOf(row).trim(), timeFormat)
    return time === undefined ? [] : [time.wall - (time.offset ?? 0)]
  })
  const counts = new Map<number, number>()
  for (const [index, time] of times.entries()) {
    const distance = Math.abs(time - (times[index - 1] ?? time))
    if (distance > 0) counts.set(distance, (counts.get(distance) ?? 0) + 1)
  }
  const usual = [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0]
  if (usual !== undefined) return usual
  throw new Fault(
    'BAD_USER_INPUT',
    'How long is the interval of each energy? Name it, such as --interval PT15M',
  )
}

/** Finds columns whose numbers only grow, by much less than they are: meters, not energies of intervals. */
function countersIn({ columns, rows, delimiter }: FileShape): ReadonlySet<number> {
  const counters = columns
    .filter(({ unit }) => unit?.base === 'Wh')
    .filter(({ place }) => {
      const cells = rows.map(({ values }) => values[place] ?? '')
      const finding = findDecimal(cells, delimiter)
      const parse = numberParser('decimal' in finding ? finding.decimal : '.')
      const values = cells.map((cell) => parse(cell, 0)).filter((value) => value != null)
      const steps = values.slice(1).map((value, index) => value - (values[index] ?? value))
      const grown = steps.reduce((sum, step) => sum + step, 0)
      return (
        steps.length > 1 &&
        grown > 0 &&
        steps.every((step) => step >= 0) &&
        grown < (values[0] ?? 0) / 2
      )
    })
  return new Set(counters.map(({ place }) => place))
}
