import type { Readable } from 'node:stream'
import { type Instant, instantOf } from '../../database/instant.ts'
import { Fault } from '../../fault.ts'
import { type NumberField, quantities } from '../../quantities.ts'
import { correctValues, type ValueIssue } from '../../telemetry/check-values.ts'
import { IssueTally } from '../../telemetry/issue-tally.ts'
import { type LimitsOfPlant, limitsOfUnknown } from '../../telemetry/plant-limits.ts'
import type { Reading } from '../../telemetry/reading.ts'
import { badMap } from './columns.ts'
import { type CsvOptions, type CsvPlan, parserOf, planOf, wordsOf } from './csv-plan.ts'
import { LongForm } from './long-form.ts'
import { type OpenedText, openText } from './open-text.ts'
import { describeRefused, RefusedRows } from './refused-rows.ts'
import { isNegated, type ParsedRow, type RowParser } from './row-parser.ts'
import { type CsvRow, readRows } from './rows.ts'
import { type RowReadings, readingsHeld, readingsOfIntervals, readingsOfRows } from './steps.ts'
import { columnOfTarget, recognise, type Target } from './targets.ts'
import { unitOf } from './units.ts'
import { numberParser } from './values.ts'
import { WallClock } from './wall-clock.ts'

/** What was found in a file beside its readings. */
export interface CsvFindings {
  plan: CsvPlan
  refused: RefusedRows
  /** Values that cannot be read, and count as not measured. */
  refusedValues: RefusedRows
  /** Values that cannot be right. */
  issues: IssueTally
  /** Rows in an hour that the clock repeats or skips; see `WallClock`. */
  repeatedTimes: number
  skippedTimes: number
  /** Rows in which both sides of a power are more than 0. */
  bothSides: number
  /** Rows that are no readings: totals, and headers that come again. */
  otherRows: number
  /** Neighbouring readings of a plant, and how many of them lie further apart than its gap limit. */
  neighbours: number
  farApart: number
  /** Whose readings they are. */
  plants: ReadonlySet<number>
  /** Sensors of a file in long form that are not read. */
  unknownSensors: ReadonlySet<string>
}

/** Microseconds. */
const WINDOW = 10_000_000

/** A file whose shape is known, and what was found in it so far. */
export class CsvFile {
  readonly plan: CsvPlan
  readonly clock: WallClock | undefined
  readonly #opened: OpenedText
  readonly #options: CsvOptions
  readonly #now: Instant = instantOf(new Date())
  readonly #refused = new RefusedRows()
  readonly #refusedValues = new RefusedRows()
  readonly #issues = new IssueTally()
  readonly #unknownSensors = new Set<string>()
  readonly #last = new Map<number, Instant>()
  #neighbours = 0
  #farApart = 0
  #bothSides = 0
  #otherRows = 0

  /** Finds out how the file is read. Throws `BAD_USER_INPUT` if that is a guess, `IMPORT_REFUSED` if it is no CSV. */
  static async open(input: Readable, options: CsvOptions): Promise<CsvFile> {
    const opened = await openText(input, options.encoding)
    return new CsvFile(opened, options, planOf(opened, options))
  }

  private constructor(opened: OpenedText, options: CsvOptions, plan: CsvPlan) {
    this.#opened = opened
    this.#options = options
    this.plan = plan
    this.clock = plan.timeZone === undefined ? undefined : new WallClock(plan.timeZone)
  }

  /**
   * Values that cannot be right by `limitsOf` are corrected or null. `gapLimitOf` is in microseconds. If a row is refused and `onError` is stop, only looks
   * for more faults from there on, and throws at the end.
   */
  async *readings(
    limitsOf: LimitsOfPlant = limitsOfUnknown,
    gapLimitOf: (plantId: number) => number = () => Number.POSITIVE_INFINITY,
  ): AsyncGenerator<readonly Reading[], void, undefined> {
    const { columns } = this.plan
    const read = columns.sources.has('sensor') ? this.#fromLongForm() : this.#fromRows()
    const tell = ({ plantId, timestamp }: Reading, issue: ValueIssue) =>
      this.#issues.add(plantId, timestamp, issue)
    let count = 0
    for await (const readings of read) {
      for (const reading of readings) {
        const { plantId, timestamp } = reading
        const last = this.#last.get(plantId)
        if (last !== undefined) {
          this.#neighbours++
          if (Math.abs(timestamp - last) > gapLimitOf(plantId)) this.#farApart++
        }
        this.#last.set(plantId, timestamp)
        correctValues(reading, limitsOf(plantId), tell)
      }
      count += readings.length
      if (readings.length > 0 && !this.#stopped) yield readings
    }
    if (this.#stopped) throw this.#refusal()
    if (count === 0 && this.#refused.count === 0) {
      throw new Fault(
        'IMPORT_REFUSED',
        'No reading came of the file: expected a row for each reading below the header; look at how it was understood with --dry-run',
      )
    }
  }

  findings(): CsvFindings {
    return {
      plan: this.plan,
      refused: this.#refused,
      refusedValues: this.#refusedValues,
      issues: this.#issues,
      repeatedTimes: this.clock?.repeated ?? 0,
      skippedTimes: this.clock?.skipped ?? 0,
      bothSides: this.#bothSides,
      otherRows: this.#otherRows,
      neighbours: this.#neighbours,
      farApart: this.#farApart,
      plants: this.plants,
      unknownSensors: this.#unknownSensors,
    }
  }

  get plants(): ReadonlySet<number> {
    return new Set(this.#last.keys())
  }

  get #stopped(): boolean {
    return this.#options.onError === 'stop' && this.#refused.count + this.#refusedValues.count > 0
  }

  async *#fromRows(): AsyncGenerator<readonly Reading[], void, undefined> {
    const parse = parserOf(this.plan, this.#options, this.clock, this.#now)
    const rows = this.#rowReadings()
    for await (const batch of this.#rows()) {
      const readings: Reading[] = []
      for (const row of batch) {
        const parsed = this.#check(parse(row))
        if (parsed === undefined) continue
        if (rows === readingsOfRows) readings.push(parsed.reading)
        else readings.push(...rows.push(parsed))
      }
      yield readings
    }
    yield rows.end()
  }

  /** Returns what a row says; undefined if it is refused or no reading. */
  #check(result: ReturnType<RowParser>): ParsedRow | undefined {
    if (result === 'no reading') {
      this.#otherRows++
      return undefined
    }
    if ('expected' in result) {
      this.#refused.add(result)
      return undefined
    }
    if (result.bothSides) this.#bothSides++
    for (const fault of result.faults) this.#refusedValues.add(fault)
    return result
  }

  async *#fromLongForm(): AsyncGenerator<readonly Reading[], void, undefined> {
    const values = new LongForm()
    const parse = this.#sensorParser(values)
    for await (const batch of this.#rows()) for (const row of batch) parse(row)
    const rows = this.#rowReadings()
    let readings: Reading[] = []
    for (const reading of values.readings(this.#options.window ?? WINDOW)) {
      readings.push(...rows.push(rowOf(reading)))
      if (readings.length >= 500) {
        yield readings
        readings = []
      }
    }
    yield [...readings, ...rows.end()]
  }

  /** Adds the value of each row to its sensor's. */
  #sensorParser(values: LongForm): (row: CsvRow) => void {
    const { columns, shape } = this.plan
    const sensorColumn = columns.sources.get('sensor')?.columns[0]
    const sensorPlace = sensorColumn?.place ?? -1
    const valueColumn = columns.sources.get('value')?.columns[0]
    const valuePlace = valueColumn?.place ?? -1
    const sensors = new Map<string, NumberField | undefined>()
    const sensorOf = new Map<NumberField, string>()
    // A row is parsed as if its value were a column of its own, for its time and its plant.
    const parse = parserOf(
      {
        ...this.plan,
        columns: {
          ...columns,
          sources: new Map([...columns.sources].filter(([target]) => target === 'plantId')),
        },
      },
      this.#options,
      this.clock,
      this.#now,
    )
    const numbers = numberParser(this.plan.decimal, wordsOf(this.#options))
    const unit = this.#options.unit ?? this.#options.preset?.unit
    return (row) => {
      const sensor = (row.values[sensorPlace] ?? '').trim()
      if (!sensors.has(sensor)) {
        const found = this.#fieldOf(sensor)
        sensors.set(sensor, found)
        const other = found === undefined ? undefined : sensorOf.get(found)
        if (found !== undefined && other !== undefined) {
          const column = columnOfTarget(found)
          throw badMap(
            `the sensors ${JSON.stringify(other)} and ${JSON.stringify(sensor)} both look like ${column}; name the right one with --map ${column}=…`,
          )
        }
        if (found !== undefined) sensorOf.set(found, sensor)
      }
      const field = sensors.get(sensor)
      if (field === undefined) {
        if (sensorColumn?.cells.includes(sensor) === true) this.#otherRows++
        else if (sensor !== '') this.#unknownSensors.add(sensor)
        return
      }
      const parsed = this.#check(parse(row))
      if (parsed === undefined) return
      const isPower = quantities.some(
        (quantity) => quantity.field === field && quantity.unit === 'W',
      )
      const exponent = isPower && unit !== undefined ? (unitOf(unit)?.exponent ?? 0) : 0
      const value = numbers(row.values[valuePlace] ?? '', exponent)
      if (value === undefined) {
        this.#refusedValues.add({
          line: row.line,
          field: shape.columns[valuePlace]?.name ?? 'value',
          expected: 'a number, or nothing if not measured',
          got: JSON.stringify((row.values[valuePlace] ?? '').slice(0, 60)),
        })
      } else if (value !== null) {
        const { plantId, timestamp } = parsed.reading
        const negated = isNegated(field, this.plan.signs)
        values.add(plantId, timestamp, field, negated ? 0 - value : value)
      }
    }
  }

  #fieldOf(sensor: string): NumberField | undefined {
    const { columns, preset } = this.#options
    const named = [...columns].find(([, name]) => name === sensor)?.[0]
    if (named !== undefined) return isNumberField(named) ? named : undefined
    const byPreset = preset?.columns?.find(([, name]) => name.test(sensor))?.[0]
    const recognised = byPreset === undefined ? recognise(sensor, undefined) : undefined
    // The phases of a power are not added up here.
    const target = byPreset ?? (recognised?.part === undefined ? recognised?.target : undefined)
    return isNumberField(target) && !columns.has(target) ? target : undefined
  }

  #rowReadings(): RowReadings {
    const { interval, intervalTime } = this.plan
    if (interval !== undefined) return readingsOfIntervals(interval, intervalTime)
    const { hold } = this.#options
    if (hold === undefined) return readingsOfRows
    return readingsHeld(hold, ({ line }) => {
      throw new Fault(
        'IMPORT_REFUSED',
        `Expected rows in the order of time, because --hold holds each value until the next one; line ${line} is earlier than the row before: sort the file by time`,
      )
    })
  }

  /** The rows of data. */
  async *#rows(): AsyncGenerator<readonly CsvRow[], void, undefined> {
    const { delimiter, rowsBefore } = this.plan.shape
    let before = rowsBefore
    for await (const rows of readRows(this.#opened.text, delimiter)) {
      yield before === 0 ? rows : rows.slice(before)
      before = Math.max(0, before - rows.length)
    }
  }

  #refusal(): Fault {
    const [rows, values] = [this.#refused.count, this.#refusedValues.count]
    const counts = [
      ...(rows > 0
        ? [rows === 1 ? '1 row of the file is refused' : `${rows} rows of the file are refused`]
        : []),
      ...(values > 0
        ? [values === 1 ? '1 value cannot be read' : `${values} values cannot be read`]
        : []),
    ].join(', and ')
    return new Fault(
      'IMPORT_REFUSED',
      `Nothing was stored, because ${counts}:\n${describeRefused(this.#refused, this.#refusedValues)}\nCorrect the file, or store what else can be read with --on-error skip.`,
    )
  }
}

function rowOf(reading: Reading): ParsedRow {
  return { line: 0, reading, energies: undefined, faults: [], bothSides: false }
}

function isNumberField(target: Target | undefined): target is NumberField {
  return quantities.some(({ field, type }) => field === target && type === 'number')
}
