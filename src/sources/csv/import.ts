import { addAbortSignal, type Readable } from 'node:stream'
import type { Kysely } from 'kysely'
import type { Session } from '../../database/database.ts'
import type { Schema } from '../../database/schema.ts'
import { readGapLimits } from '../../telemetry/changes/gap-limit.ts'
import type { ChunksAhead } from '../../telemetry/chunks-ahead.ts'
import type { OnDuplicate } from '../../telemetry/duplicates.ts'
import { loadWithin } from '../../telemetry/import.ts'
import { fillInTimeZone } from '../../telemetry/plant.ts'
import { readPlantLimits } from '../../telemetry/plant-limits.ts'
import type { PlantsAhead } from '../../telemetry/plants-ahead.ts'
import type { Reading } from '../../telemetry/reading.ts'
import type { RecordOutcome } from '../../telemetry/record.ts'
import { requireSchema } from '../../telemetry/schema-ready.ts'
import { CsvFile, type CsvFindings } from './csv-file.ts'
import type { CsvOptions } from './csv-plan.ts'

export interface CsvImportOptions extends CsvOptions {
  onDuplicate: OnDuplicate
  /** Creates chunks of a hypertable outside the transaction of the import, so that nobody waits for its end. */
  chunksAhead?: ChunksAhead | undefined
  /** Registers new plants outside the transaction of the import, so that nobody waits for its end. */
  plantsAhead?: PlantsAhead | undefined
  /** The gap limit that the plants will have, in microseconds; only to judge the readings by. */
  maxGap?: number | undefined
  /** Called once, when it is known how the file is read. */
  onPlan?: ((plan: CsvFindings['plan']) => void) | undefined
  /** Called from time to time with the number of readings so far. */
  onProgress?: ((received: number) => void) | undefined
  /** Ends the import; nothing is stored. */
  signal?: AbortSignal | undefined
}

export interface CsvImportReport extends RecordOutcome, CsvFindings {}

/**
 * Stores the readings of a CSV file, plain or gzip, in one transaction and constant memory (a file in long form is kept
 * until its end). Throws `BAD_USER_INPUT` if it is a guess how the file is read or the options do not fit it, and
 * `IMPORT_REFUSED` with the faults of the rows.
 */
export async function importCsv(
  session: Session,
  input: Readable,
  options: CsvImportOptions,
): Promise<CsvImportReport> {
  if (options.signal !== undefined) addAbortSignal(options.signal, input)
  try {
    const file = await CsvFile.open(input, options)
    options.onPlan?.(file.plan)
    return await session.kysely.transaction().execute(async (transaction) => {
      await requireSchema(transaction)
      const readings = file.readings(
        await readPlantLimits(transaction),
        await gapLimits(transaction, options.maxGap),
      )
      const outcome = await loadWithin(session, transaction, readings, options)
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

async function gapLimits(
  kysely: Kysely<Schema>,
  told: number | undefined,
): Promise<(plantId: number) => number> {
  return told === undefined ? await readGapLimits(kysely) : () => told
}

/** What a file says, without storing it. */
export interface CsvPreview extends CsvFindings {
  /** Its first readings. */
  first: readonly Reading[]
  readings: number
}

const FIRST = 3

/** Reads a CSV file as `importCsv` does, and stores nothing. Throws as it does. */
export async function previewCsv(
  input: Readable,
  options: CsvOptions & Pick<CsvImportOptions, 'onPlan' | 'onProgress' | 'signal'>,
): Promise<CsvPreview> {
  if (options.signal !== undefined) addAbortSignal(options.signal, input)
  try {
    const file = await CsvFile.open(input, options)
    options.onPlan?.(file.plan)
    const first: Reading[] = []
    let readings = 0
    for await (const batch of file.readings()) {
      first.push(...batch.slice(0, FIRST - first.length))
      readings += batch.length
      options.onProgress?.(readings)
    }
    return { ...file.findings(), first, readings }
  } finally {
    input.destroy()
  }
}
