import type { Kysely } from 'kysely'
import type { Session } from '../../database/database.ts'
import { type Instant, instantOf } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { type LoadOptions, loadWithin } from '../../telemetry/import.ts'
import { fillInTimeZone } from '../../telemetry/plant.ts'
import { type LimitsOfPlant, readPlantLimits } from '../../telemetry/plant-limits.ts'
import type { Reading } from '../../telemetry/reading.ts'
import type { RecordOutcome } from '../../telemetry/record.ts'
import { requireSchema } from '../../telemetry/schema-ready.ts'
import { WallClock } from '../csv/wall-clock.ts'
import { flowReader } from './flow-reading.ts'
import { type FlowTable, findFlowTable } from './flow-table.ts'
import { Remarks } from './remarks.ts'

export interface PlantFlowOptions {
  /** Its name as SQL writes it, such as `solark.plant_flow`. */
  table: string
  /** Only the rows of this plant. */
  plantId?: number | undefined
  /** IANA name: the zone of times without one (default: UTC), and of the plants that have no zone of their own. */
  timeZone?: string | undefined
  /** Ends the import; nothing is stored. */
  signal?: AbortSignal | undefined
}

export interface PlantFlowImportOptions extends PlantFlowOptions, Omit<LoadOptions, 'onProgress'> {
  /** Called from time to time with the number of rows so far and of all. Without it they are not counted before. */
  onProgress?: ((rows: number, total: number) => void) | undefined
}

export interface PlantFlowReport extends RecordOutcome {
  /** Rows of the table. */
  rows: number
  /** Rows without a plant or a time that a reading may have. */
  unusable: number
  /** Rows in which nothing was measured. */
  empty: number
  remarks: Remarks
  /** The zone by whose clock times without one were read; undefined: the times have a zone. */
  clock: WallClock | undefined
}

/**
 * Stores the readings of the table that the REST service filled, in one transaction and constant memory. `source` may
 * be another database; all rows are of one snapshot of it. What cannot be taken over as it is becomes null or is left
 * out, and is counted. Throws the faults of `findFlowTable`, and `BAD_USER_INPUT` if there is no such zone.
 */
export async function importPlantFlow(
  session: Session,
  source: Pick<Session, 'kysely'>,
  options: PlantFlowImportOptions,
): Promise<PlantFlowReport> {
  return await source.kysely
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (snapshot) => {
      const flow = await PlantFlow.open(snapshot, options)
      const { onProgress } = options
      const total = onProgress === undefined ? 0 : await flow.countRows()
      return await session.kysely.transaction().execute(async (transaction) => {
        await requireSchema(transaction)
        const readings = flow.readings(await readPlantLimits(transaction))
        const outcome = await loadWithin(session, transaction, readings, {
          ...options,
          onProgress: () => onProgress?.(flow.findings().rows, total),
        })
        if (options.timeZone !== undefined) {
          await fillInTimeZone(transaction, flow.plants, flow.timeZone)
        }
        options.signal?.throwIfAborted()
        return { ...outcome, ...flow.findings() }
      })
    })
}

/** The rows of a table on their way into the database, and what was found in them so far. */
export class PlantFlow {
  readonly plants = new Set<number>()
  readonly #table: FlowTable
  readonly #options: PlantFlowOptions
  readonly #now: Instant = instantOf(new Date())
  readonly #remarks = new Remarks()
  /** UTC unless the options name a zone. */
  readonly #clock: WallClock
  #rows = 0
  #unusable = 0
  #empty = 0

  private constructor(table: FlowTable, options: PlantFlowOptions) {
    this.#table = table
    this.#options = options
    this.#clock = new WallClock(options.timeZone ?? 'UTC')
  }

  /** `snapshot`: a transaction of the database that has the table, open until the last reading has come. */
  static async open(snapshot: Kysely<Schema>, options: PlantFlowOptions): Promise<PlantFlow> {
    return new PlantFlow(await findFlowTable(snapshot, options.table), options)
  }

  get timeZone(): string {
    return this.#clock.timeZone
  }

  countRows(): Promise<number> {
    return this.#table.countRows(this.#options.plantId)
  }

  async *readings(limitsOf: LimitsOfPlant): AsyncGenerator<readonly Reading[], void, undefined> {
    const { plantId, signal } = this.#options
    const { columns, timeColumn, timeHasZone } = this.#table
    const read = flowReader({
      columns,
      timeColumn,
      instantOf: timeHasZone ? (time) => time : (time, plant) => this.#clock.instantOf(time, plant),
      now: this.#now,
      limitsOf,
      remarks: this.#remarks,
    })
    for await (const rows of this.#table.readRows(plantId)) {
      signal?.throwIfAborted()
      const readings: Reading[] = []
      for (const row of rows) {
        const result = read(row)
        if (result === 'unusable') this.#unusable++
        else if (result === 'empty') this.#empty++
        else readings.push(result)
      }
      this.#rows += rows.length
      for (const reading of readings) this.plants.add(reading.plantId)
      if (readings.length > 0) yield readings
    }
  }

  findings(): Omit<PlantFlowReport, keyof RecordOutcome> {
    return {
      rows: this.#rows,
      unusable: this.#unusable,
      empty: this.#empty,
      remarks: this.#remarks,
      clock: this.#table.timeHasZone ? undefined : this.#clock,
    }
  }
}
