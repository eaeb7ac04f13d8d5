import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { readConfig } from '../config.ts'
import { Fault } from '../fault.ts'
import { type IgnoredColumn, parseColumnMap } from '../sources/csv/columns.ts'
import type { CsvFindings } from '../sources/csv/csv-file.ts'
import type { CsvOptions } from '../sources/csv/csv-plan.ts'
import { describePlan, missingSides, unreadPowers } from '../sources/csv/describe-plan.ts'
import { type CsvImportReport, importCsv, previewCsv } from '../sources/csv/import.ts'
import { describeRefused, type RefusedRows } from '../sources/csv/refused-rows.ts'
import { columnOfTarget } from '../sources/csv/targets.ts'
import { describeReading } from '../sources/describe-reading.ts'
import { createChunksAhead } from '../telemetry/chunks-ahead.ts'
import { upsertPlant } from '../telemetry/plant.ts'
import { createPlantsAhead } from '../telemetry/plants-ahead.ts'
import type { OpenCommandContext } from './command-context.ts'
import { openProgress } from './progress.ts'

/** The options of `import` as commander gives them. Durations are in seconds. */
export interface FileOptions
  extends Pick<
    CsvOptions,
    | 'preset'
    | 'batteryPositive'
    | 'gridPositive'
    | 'unit'
    | 'encoding'
    | 'delimiter'
    | 'decimal'
    | 'missing'
    | 'intervalTime'
    | 'timeZone'
    | 'onError'
  > {
  plant?: number
  map: string[]
  dateFormat?: CsvOptions['timeFormat']
  headerLine?: [number, number]
  interval?: number
  hold?: number
  window?: number
  maxGap?: number
  onDuplicate: 'keep' | 'replace'
}

/** Stores the readings of a file, and says what came of it. */
export async function importFile(
  open: OpenCommandContext,
  file: string,
  options: FileOptions,
  signal: AbortSignal,
): Promise<void> {
  const csv = csvOptions(options)
  await using context = await open({ signal })
  const { input, size, bytesRead } = await openInput(file, context.workingDirectory)
  // Disposed after the session, whose transaction has then ended.
  await using plantsAhead = createPlantsAhead(context.database.kysely)
  await using session = await context.database.openSession('import')
  const report = await withProgress(size, (update) =>
    importCsv(session, input, {
      ...csv,
      signal,
      chunksAhead: createChunksAhead(context.database.kysely),
      plantsAhead,
      maxGap: microseconds(options.maxGap),
      onPlan: (plan) => {
        if (isGuessed(plan)) process.stderr.write(`${describePlan(plan).join('\n')}\n`)
      },
      onDuplicate: options.onDuplicate === 'keep' ? 'KEEP' : 'REPLACE',
      onProgress: (received) => update(bytesRead(), received),
    }).catch(context.rethrow),
  )
  if (options.maxGap !== undefined) {
    const maxGap = options.maxGap * 1000
    for (const id of report.plants) await upsertPlant(context.database.kysely, { id, maxGap })
  }
  tell(report)
}

/** Says how a file is understood, and what would come of it. */
export async function previewFile(
  file: string,
  options: FileOptions,
  signal: AbortSignal,
): Promise<void> {
  const { input, size, bytesRead } = await openInput(file, readConfig().workingDirectory)
  const preview = await withProgress(size, (update) =>
    previewCsv(input, {
      ...csvOptions(options),
      signal,
      onPlan: (plan) => process.stdout.write(`${describePlan(plan).join('\n')}\n`),
      onProgress: (received) => update(bytesRead(), received),
    }),
  )
  // What is not read was told with the columns.
  tellFindings(preview, { columns: false })
  for (const reading of preview.first) process.stdout.write(`${describeReading(reading)}\n`)
  process.stdout.write(`${preview.readings} readings; nothing was stored\n`)
}

/** Whether a column was recognised by its name alone, so that its owner had better see how. */
function isGuessed({ columns }: CsvFindings['plan']): boolean {
  return [...columns.sources.values()].some(({ known }) => known === 'recognised')
}

function csvOptions(options: FileOptions): CsvOptions {
  const {
    plant,
    map,
    dateFormat,
    headerLine,
    interval,
    hold,
    window,
    onDuplicate: _,
    ...rest
  } = options
  return {
    ...rest,
    plantId: plant,
    columns: parseColumnMap(map),
    timeFormat: dateFormat,
    headerLines: headerLine,
    interval: microseconds(interval),
    hold: microseconds(hold),
    window: microseconds(window),
  }
}

const microseconds = (seconds: number | undefined) =>
  seconds === undefined ? undefined : seconds * 1_000_000

async function withProgress<Result>(
  size: number | undefined,
  work: (update: (done: number, rows: number) => void) => Promise<Result>,
): Promise<Result> {
  using progress = openProgress(size)
  return await work((done, rows) => progress.update(done, rows))
}

/** Opens a file, or standard input for `-`. Throws `IMPORT_REFUSED` if it cannot be read. */
export async function openInput(
  file: string,
  workingDirectory: string,
): Promise<{ input: Readable; size: number | undefined; bytesRead: () => number }> {
  if (file === '-') return { input: process.stdin, size: undefined, bytesRead: () => 0 }
  const path = resolve(workingDirectory, file)
  const found = await stat(path).catch((cause: unknown) => {
    throw new Fault('IMPORT_REFUSED', `The file ${path} cannot be read`, { cause })
  })
  if (found.isDirectory()) {
    throw new Fault('IMPORT_REFUSED', `Expected a file; ${path} is a folder`)
  }
  const input = createReadStream(path)
  return { input, size: found.isFile() ? found.size : undefined, bytesRead: () => input.bytesRead }
}

function tell(report: CsvImportReport): void {
  tellFindings(report, { columns: !isGuessed(report.plan) })
  const { received, inserted, duplicates, conflicts } = report
  process.stdout.write(
    `${received} readings: ${inserted} inserted, ${duplicates} duplicates, ${conflicts} conflicts\n`,
  )
}

function tellFindings(findings: CsvFindings, { columns }: { columns: boolean }): void {
  const { plan, refused, refusedValues, issues } = findings
  const unread = unreadPowers(plan)
  const missing = missingSides(plan)
  const ignored = plan.columns.ignored.filter((column) => !unread.includes(column))
  const names = (columns: readonly IgnoredColumn[]) =>
    columns.map(({ column }) => column.name).join(', ')
  const notes: readonly (readonly [number, string])[] = [
    [
      unread.length,
      `Not read, though they look like powers: ${names(unread)}. Name what they are with --map.`,
    ],
    [columns ? ignored.length : 0, `Not read: ${names(ignored)}.`],
    [
      missing.length,
      `Not in the file, so it counts as 0: ${missing.map(columnOfTarget).join(', ')}.`,
    ],
    [findings.unknownSensors.size, `Sensors not read: ${[...findings.unknownSensors].join(', ')}.`],
    [Number(plan.signsAre === 'found' || plan.signsAre === 'refuted'), signNote(plan)],
    [plan.unknownSigns.length, assumedNote(plan)],
    [findings.repeatedTimes, `${findings.repeatedTimes} in an hour that the clock repeats.`],
    [
      findings.skippedTimes,
      `${findings.skippedTimes} in an hour that the clock skips, moved on by it.`,
    ],
    [
      findings.bothSides,
      `${rowsOf(findings.bothSides)} both directions of a power; their difference is stored.`,
    ],
    [
      findings.otherRows,
      `${findings.otherRows} rows of totals, repeated headers or nothing were left out.`,
    ],
    [
      issues.count,
      `${issues.count === 1 ? '1 value' : `${issues.count} values`} cannot be right:\n${issues
        .describe()
        .map((line) => `  ${line}`)
        .join('\n')}`,
    ],
    [Number(findings.farApart > findings.neighbours / 2), gapNote(findings)],
    [
      refusedValues.count,
      `${refusedValues.count === 1 ? '1 value was' : `${refusedValues.count} values were`} skipped:\n${describeRefused(refusedValues)}`,
    ],
    [refused.count, `${skipped(refused)}\n${describeRefused(refused)}`],
  ]
  for (const [count, note] of notes) if (count > 0) process.stderr.write(`${note}\n`)
  if (refused.count + refusedValues.count > 0) process.exitCode = 1
}

/** What the values of a file say about its signs, if that is news. */
function signNote({ signs, signsAre }: CsvFindings['plan']): string {
  const read = `battery + ${signs.batteryPositive} and grid + ${signs.gridPositive}`
  return signsAre === 'refuted'
    ? `Read with ${read}, but the powers of the file add up only with other signs: look at --battery-positive and --grid-positive.`
    : `Read with ${read}, because the powers of the file add up so; if that is wrong, give --battery-positive and --grid-positive.`
}

/** Which signs are a guess, and how to say better. */
function assumedNote(plan: CsvFindings['plan']): string {
  const { signs, unknownSigns } = plan
  const read = unknownSigns.map((field) =>
    field === 'batteryPower'
      ? `battery + ${signs.batteryPositive} (else --battery-positive ${signs.batteryPositive === 'charging' ? 'discharging' : 'charging'})`
      : `grid + ${signs.gridPositive} (else --grid-positive ${signs.gridPositive === 'import' ? 'export' : 'import'})`,
  )
  return `Read with ${read.join(' and ')}; nothing in the file shows whether that is right.`
}

function gapNote({ farApart, neighbours }: CsvFindings): string {
  const share = Math.round((1 - farApart / neighbours) * 100)
  return `Most readings lie further apart than the gap limit, so that they are not joined: ${share} % of the time between them counts for energy. Give --max-gap, a little more than the time between readings, such as PT1H5M; or --hold, if the sensors record changes only.`
}

const rowsOf = (count: number) => (count === 1 ? '1 row has' : `${count} rows have`)

const skipped = ({ count }: RefusedRows) =>
  `${count === 1 ? '1 row was' : `${count} rows were`} skipped:`
