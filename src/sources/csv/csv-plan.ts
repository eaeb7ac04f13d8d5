import { type Instant, instantOf } from '../../database/instant.ts'
import { Fault } from '../../fault.ts'
import type { NumberField } from '../../quantities.ts'
import type { Reading } from '../../telemetry/reading.ts'
import { isSide, sides } from '../sides.ts'
import { type ColumnMap, type CsvColumns, findColumns, requireMeasurement } from './columns.ts'
import { detectShape, type FileShape } from './detect-shape.ts'
import { findSigns } from './find-signs.ts'
import type { Encoding, OpenedText } from './open-text.ts'
import type { Preset } from './presets.ts'
import { type CsvSigns, type RowParser, rowParser } from './row-parser.ts'
import type { CsvRow } from './rows.ts'
import type { IntervalTime } from './steps.ts'
import { columnOfTarget } from './targets.ts'
import { joinDateAndTime, parseTimeAs, type TimeFormat } from './times.ts'
import { unitOf } from './units.ts'
import {
  type Decimal,
  findDecimal,
  missingWords,
  type NumberParser,
  numberParser,
} from './values.ts'
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
  /** Powers that were recognised, and whose sign neither somebody said nor the values show. */
  unknownSigns: readonly ('batteryPower' | 'gridPower')[]
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
    empty: emptyIn(shape, wordsOf(options)),
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
  refuseBothWays(shape, columns, numberParser(decimal, wordsOf(options)))
  const timeZone = options.timeZone ?? preset?.timeZone ?? shape.timeZone
  const hasEnergies = [...columns.sources.values()].some((source) => source.unit?.base === 'Wh')
  refuseWithoutUse(options, { hasEnergies, isLongForm: columns.sources.has('sensor') })
  const plan = {
    encoding: opened.encoding,
    shape,
    columns,
    decimal,
    timeZone,
    interval: hasEnergies ? (options.interval ?? intervalOf(shape)) : undefined,
    intervalTime: options.intervalTime ?? preset?.intervalTime ?? intervalTimeOf(shape),
  } as const
  return { ...plan, ...signsOf(plan, options) }
}

/** Refuses options that would change nothing, because the file is not what they are for. */
function refuseWithoutUse(
  { interval, intervalTime, hold, window }: CsvOptions,
  { hasEnergies, isLongForm }: { hasEnergies: boolean; isLongForm: boolean },
): void {
  const fault = (reason: string) => new Fault('BAD_USER_INPUT', reason)
  if (!hasEnergies && (interval ?? intervalTime) !== undefined) {
    throw fault(
      '--interval and --interval-time need a column in Wh or kWh; the file has none: add --unit kWh if its columns are energies, or leave the option out',
    )
  }
  if (hasEnergies && hold !== undefined) {
    throw fault(
      '--hold is for values that hold until the next one; the file has energies, which have intervals: leave --hold out',
    )
  }
  if (!isLongForm && window !== undefined) {
    throw fault(
      'Expected a file in long form, of one row a sensor and value, because --window joins those; leave it out, or name the columns with --map sensor=…,value=…',
    )
  }
}

type Signs = 'signs' | 'signsAre' | 'unknownSigns'
type Unsigned = Omit<CsvPlan, Signs>

function signsOf(plan: Unsigned, options: CsvOptions): Pick<CsvPlan, Signs> {
  const fitting = signsIn(plan, options)
  const said = saidSigns(plan, options)
  const assumed = { ...USUAL_SIGNS, ...said }
  if (fitting.length === 0) {
    return { signs: assumed, signsAre: 'assumed', unknownSigns: unknownSigns(plan, said) }
  }
  const agreeing = fitting.filter(
    ({ batteryPositive, gridPositive }) =>
      batteryPositive === (said.batteryPositive ?? batteryPositive) &&
      gridPositive === (said.gridPositive ?? gridPositive),
  )
  // The usual signs first, where several fit.
  const chosen =
    agreeing.find(
      ({ batteryPositive, gridPositive }) =>
        batteryPositive === assumed.batteryPositive && gridPositive === assumed.gridPositive,
    ) ?? agreeing[0]
  if (chosen === undefined) return { signs: assumed, signsAre: 'refuted', unknownSigns: [] }
  const isNews =
    chosen.batteryPositive !== assumed.batteryPositive ||
    chosen.gridPositive !== assumed.gridPositive
  return { signs: chosen, signsAre: isNews ? 'found' : 'shown', unknownSigns: [] }
}

function unknownSigns(
  { columns: { sources } }: Unsigned,
  said: Partial<CsvSigns>,
): CsvPlan['unknownSigns'] {
  const isUnknown = (field: 'batteryPower' | 'gridPower', told: string | undefined) =>
    told === undefined && sources.get(field)?.known === 'recognised'
  return [
    ...(isUnknown('batteryPower', said.batteryPositive) ? (['batteryPower'] as const) : []),
    ...(isUnknown('gridPower', said.gridPositive) ? (['gridPower'] as const) : []),
  ]
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

function signsIn(plan: Unsigned, options: CsvOptions): readonly CsvSigns[] {
  const { sources } = plan.columns
  const signed = {
    batteryPower: sources.has('batteryPower'),
    gridPower: sources.has('gridPower'),
    batteryCurrent: sources.has('batteryCurrent'),
  }
  if (!signed.batteryPower && !signed.gridPower && !signed.batteryCurrent) return []
  return findSigns(
    sampleReadings({ ...plan, signs: USUAL_SIGNS, signsAre: 'assumed', unknownSigns: [] }, options),
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

/** What the header of the time says; usually it is the start. */
function intervalTimeOf({ columns, timePlaces }: FileShape): IntervalTime {
  const cells = columns[timePlaces[0] ?? -1]?.cells ?? []
  return cells.some((cell) =>
    /(?:^|[\s_([])(?:end|ending|until|bis|ende)(?:$|[\s_)\]])/i.test(cell),
  )
    ? 'end'
    : 'start'
}

/** Finds columns without any value. */
function emptyIn({ columns, rows }: FileShape, missing: readonly string[]): ReadonlySet<number> {
  const isMissing = (cell = '') => cell.trim() === '' || missing.includes(cell.trim().toLowerCase())
  return new Set(
    columns
      .filter(({ place }) => rows.every(({ values }) => isMissing(values[place])))
      .map(({ place }) => place),
  )
}

/** The usual distance of neighbouring rows, in microseconds. */
function intervalOf({ rows, timePlaces, timeFormat }: FileShape): number {
  const [datePlace = -1, timePlace] = timePlaces
  const textOf = ({ values }: CsvRow) =>
    timePlace === undefined
      ? (values[datePlace] ?? '')
      : joinDateAndTime(values[datePlace] ?? '', values[timePlace] ?? '')
  const times = rows.flatMap((row) => {
    const time = parseTimeAs(textOf(row).trim(), timeFormat)
    return time === undefined ? [] : [time.wall - (time.offset ?? 0)]
  })
  const distances = times
    .map((time, index) => Math.abs(time - (times[index - 1] ?? time)))
    .filter((distance) => distance > 0)
    .toSorted((a, b) => a - b)
  // A logger that jitters has no distance twice, so the most frequent one may be a gap.
  const usual = distances[Math.floor((distances.length - 1) / 2)]
  if (usual !== undefined) return usual
  throw new Fault(
    'BAD_USER_INPUT',
    'How long is the interval of each energy? Name it, such as --interval PT15M',
  )
}

/**
 * Refuses a column of one direction whose values have both signs: it may be the signed power, and its magnitude would
 * be wrong.
 */
function refuseBothWays({ rows }: FileShape, { sources }: CsvColumns, numbers: NumberParser): void {
  for (const [target, { columns }] of sources) {
    if (!isSide(target)) continue
    for (const { place, name } of columns) {
      let [above, below] = [0, 0]
      for (const { values } of rows) {
        const value = numbers(values[place] ?? '', 0) ?? 0
        if (value > 0) above += value
        else below -= value
      }
      // A meter that shows a watt or two of the other sign when nothing flows is no signed power.
      if (Math.min(above, below) <= 0.05 * Math.max(above, below)) continue
      const { field } = sides[target]
      const option =
        field === 'batteryPower'
          ? `--battery-positive ${target === 'batteryCharge' ? 'charging' : 'discharging'}`
          : `--grid-positive ${target === 'gridImport' ? 'import' : 'export'}`
      throw new Fault(
        'BAD_USER_INPUT',
        `${JSON.stringify(name)} has values above and below 0, so it is not ${columnOfTarget(target)} alone: if its sign says the direction, give --map ${columnOfTarget(field)}=${JSON.stringify(name)} ${option}`,
      )
    }
  }
}

/** Finds columns that are meters, not energies of intervals. */
function countersIn({ columns, rows, delimiter }: FileShape): ReadonlySet<number> {
  const energies = columns
    .filter(({ unit }) => unit?.base === 'Wh')
    .map(({ place }) => {
      const cells = rows.map(({ values }) => values[place] ?? '')
      const finding = findDecimal(cells, delimiter)
      const parse = numberParser('decimal' in finding ? finding.decimal : '.')
      return { place, values: cells.map((cell) => parse(cell, 0)).filter((value) => value != null) }
    })
  const counters = new Set(
    energies.filter(({ values }) => isCounter(values)).map(({ place }) => place),
  )
  if (counters.size === 0) return counters
  // What stands still beside a meter is one, too.
  const still = energies.filter(({ values: [first = 0, ...rest] }) => {
    return first > 0 && rest.length > 1 && rest.every((value) => value === first)
  })
  return new Set([...counters, ...still.map(({ place }) => place)])
}

/** So many steps without one down are no chance. */
const ALL_UP = 24
const FEW = 6

/**
 * Whether numbers only grow: by less than they are, or through a great many steps, with no step down but to nearly
 * nothing, as meters of a day have at midnight.
 */
function isCounter(values: readonly number[]): boolean {
  const steps = values.slice(1).map((value, index) => value - (values[index] ?? value))
  const [first = 0] = values
  const most = Math.max(...steps.map((_, index) => values[index + 1] ?? 0))
  const up = steps.filter((step) => step > 0).length
  const down = steps.flatMap((step, index) => (step < 0 ? [values[index + 1] ?? 0] : []))
  if (up === 0 || steps.length < 2) return false
  const grown = most - first
  const byLittle = grown < first / (steps.length < FEW ? 50 : 2)
  if (down.length === 0 && byLittle) return true
  return up >= ALL_UP && down.length <= up / ALL_UP && down.every((value) => value <= most / 20)
}
