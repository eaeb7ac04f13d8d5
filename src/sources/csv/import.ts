import { addAbortSignal, type Readable } from 'node:stream'
import type { Session } from '../../database/database.ts'
import { type Instant, instantOf } from '../../database/instant.ts'
import { Fault } from '../../fault.ts'
import type { ChunksAhead } from '../../telemetry/chunks-ahead.ts'
import { loadWithin } from '../../telemetry/import.ts'
import { fillInTimeZone } from '../../telemetry/plant.ts'
import type { PlantsAhead } from '../../telemetry/plants-ahead.ts'
import type { Reading } from '../../telemetry/reading.ts'
import type { OnDuplicate, RecordOutcome } from '../../telemetry/record.ts'
import { type ColumnMap, findColumns } from './columns.ts'
import { RefusedRows } from './refused-rows.ts'
import { type CsvConventions, rowParser } from './row-parser.ts'
import { readRows } from './rows.ts'
import { WallClock } from './wall-clock.ts'

export interface CsvImportOptions extends CsvConventions {
  /** The plant of all readings; without it the file has a column plant_id. */
  plantId?: number | undefined
  /** IANA name: the zone of times without an offset, and of the plants that have no zone of their own. */
  timeZone?: string | undefined
  columns: ColumnMap
  onDuplicate: OnDuplicate
  /** Creates chunks of a hypertable outside the transaction of the import, so that nobody waits for its end. */
  chunksAhead?: ChunksAhead | undefined
  /** Registers new plants outside the transaction of the import, so that nobody waits for its end. */
  plantsAhead?: PlantsAhead | undefined
  /** stop: a refused row means that nothing is stored. skip: all other rows are stored. */
  onError: 'stop' | 'skip'
  /** Called from time to time with the number of readings so far. */
  onProgress?: ((received: number) => void) | undefined
  /** Ends the import; nothing is stored. */
  signal?: AbortSignal | undefined
}

export interface CsvImportReport extends RecordOutcome {
  refused: RefusedRows
  /** Rows in an hour that the clock repeats or skips; see `WallClock`. */
  repeatedTimes: number
  skippedTimes: number
  /** Columns of the file that are not read. */
  ignoredColumns: readonly string[]
}

/**
 * Stores the readings of a CSV file, plain or gzip, in one transaction and constant memory. Throws `BAD_USER_INPUT` if
 * the columns or the options do not fit the file, and `IMPORT_REFUSED` with the faults of the rows.
 */
export async function importCsv(
  session: Session,
  input: Readable,
  options: CsvImportOptions,
): Promise<CsvImportReport> {
  if (options.signal !== undefined) addAbortSignal(options.signal, input)
  try {
    const file = new CsvFile(input, options)
    return await session.kysely.transaction().execute(async (transaction) => {
      const outcome = await loadWithin(session, transaction, file.readings(), options)
      if (file.clock !== undefined) {
        await fillInTimeZone(transaction, file.plants, file.clock.timeZone)
      }
      options.signal?.throwIfAborted()
      return { ...outcome, ...file.findings() }
    })
  } finally {
    input.destroy()
  }
}

/** A file on its way into the database, and what was found in it so far. */
class CsvFile {
  readonly plants = new Set<number>()
  readonly #input: Readable
  readonly #options: CsvImportOptions
  readonly #now: Instant = instantOf(new Date())
  readonly clock: WallClock | undefined
  readonly #refused = new RefusedRows()
  #ignored: readonly string[] = []

  constructor(input: Readable, options: CsvImportOptions) {
    this.#input = input
    this.#options = options
    this.clock = options.timeZone === undefined ? undefined : new WallClock(options.timeZone)
  }

  /** If a row is refused and `onError` is stop, only looks for more faults from there on, and throws at the end. */
  async *readings(): AsyncGenerator<readonly Reading[], void, undefined> {
    let parse: ReturnType<typeof rowParser> | undefined
    const stop = this.#options.onError === 'stop'
    for await (const rows of readRows(this.#input)) {
      const readings: Reading[] = []
      for (const row of rows) {
        if (parse === undefined) {
          parse = this.#parserFor(row.values)
          continue
        }
        const result = parse(row)
        if ('expected' in result) {
          this.#refused.add(result)
        } else {
          this.plants.add(result.plantId)
          readings.push(result)
        }
      }
      if (readings.length > 0 && !(stop && this.#refused.count > 0)) yield readings
    }
    if (parse === undefined) {
      throw new Fault(
        'IMPORT_REFUSED',
        'The file is empty: expected a header and a row for each reading',
      )
    }
    if (stop && this.#refused.count > 0) throw this.#refusal()
  }

  findings(): Omit<CsvImportReport, keyof RecordOutcome> {
    return {
      refused: this.#refused,
      repeatedTimes: this.clock?.repeated ?? 0,
      skippedTimes: this.clock?.skipped ?? 0,
      ignoredColumns: this.#ignored,
    }
  }

  #parserFor(header: readonly string[]): ReturnType<typeof rowParser> {
    const { plantId, columns: map } = this.#options
    const columns = findColumns(header, map)
    this.#ignored = columns.ignored
    if (plantId === undefined && !columns.places.has('plantId')) {
      throw new Fault(
        'BAD_USER_INPUT',
        'Whose readings are they? Give --plant ID, or name the column with --map plant_id=…',
      )
    }
    return rowParser({
      ...this.#options,
      header,
      columns,
      plantId,
      clock: this.clock,
      now: this.#now,
    })
  }

  #refusal(): Fault {
    const { count } = this.#refused
    const rows = count === 1 ? '1 row of the file is' : `${count} rows of the file are`
    return new Fault(
      'IMPORT_REFUSED',
      `Nothing was stored, because ${rows} refused:\n${this.#refused.describe()}\nCorrect the file, or store its other rows with --on-error skip.`,
    )
  }
}
