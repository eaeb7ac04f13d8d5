import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { Command, Option } from 'commander'
import { toDatabaseFault } from '../database/faults.ts'
import { Fault } from '../fault.ts'
import { type ColumnMap, parseColumnMap } from '../sources/csv/columns.ts'
import { type CsvImportReport, importCsv } from '../sources/csv/import.ts'
import type { CsvConventions } from '../sources/csv/row-parser.ts'
import { createChunksAhead } from '../telemetry/chunks-ahead.ts'
import { createPlantsAhead } from '../telemetry/plants-ahead.ts'
import type { OpenCommandContext } from './command-context.ts'
import { importTable, sourceOf, type TableOptions, tableOptions } from './import-table.ts'
import { catchInterruption, INTERRUPTED } from './interruption.ts'
import { plantIdOption } from './options.ts'
import { openProgress } from './progress.ts'

interface ImportOptions extends CsvConventions, TableOptions {
  plant?: number
  timeZone?: string
  map: string[]
  onDuplicate: 'keep' | 'replace'
  onError: 'stop' | 'skip'
}

const EXAMPLE = `
Example:
  npm run import -- readings.csv.gz --plant 7 --time-zone Africa/Johannesburg \\
    --map timestamp=time_local,pv_power=pv_w,batt_power=batt_w,soc=soc_pct
  npm run import -- --from-table solark.plant_flow --from-url postgres://user@host/database

Everything is stored in one transaction: Ctrl-C or a fault leaves nothing behind. A process that is killed may leave a
new plant without readings.
Exit code: 0 stored, 1 refused or rows skipped, 130 interrupted.`

/** `import FILE`: stores the readings of a CSV file. `import --from-table NAME`: those of a table. */
export function importCommand(open: OpenCommandContext): Command {
  const command = new Command('import')
    .description('Store the readings of a CSV file, or of a table of the REST service.')
    .argument('[file]', 'CSV, plain or gzip; - for standard input')
    .option('--plant <id>', 'whose readings they are; else the column plant_id says', plantIdOption)
    .option(
      '--time-zone <name>',
      'time zone of times without an offset, and of the plant if it has none yet',
    )
    .option(
      '--map <column=header,...>',
      'what the file calls a column; columns of solark.telemetry and fields of the API are found by their names',
      (text: string, others: string[]) => [...others, text],
      [],
    )
    .addOption(
      new Option('--battery-positive <way>', 'positive battery power and current in the file')
        .choices(['charging', 'discharging'])
        .default('discharging'),
    )
    .addOption(
      new Option('--grid-positive <way>', 'positive grid power in the file')
        .choices(['import', 'export'])
        .default('import'),
    )
    .addOption(
      new Option('--unit <unit>', 'unit of every power in the file')
        .choices(['W', 'kW'])
        .default('W'),
    )
    .addOption(
      new Option(
        '--on-duplicate <what>',
        'if there is a reading of the same plant and time already',
      )
        .choices(['keep', 'replace'])
        .default('keep'),
    )
    .addOption(
      new Option('--on-error <what>', 'if a row cannot be stored: store nothing, or the others')
        .choices(['stop', 'skip'])
        .default('stop'),
    )
    .addHelpText('after', EXAMPLE)
    .action(async (file: string | undefined, options: ImportOptions) => {
      const source = sourceOf(file, command)
      const columns = parseColumnMap(options.map)
      using interruption = catchInterruption()
      try {
        if ('table' in source) {
          await importTable(open, source.table, options, interruption.signal)
          return
        }
        tell(
          await importFile(open, source.file, { ...options, columns, signal: interruption.signal }),
        )
      } catch (error) {
        if (!interruption.signal.aborted) throw error
        process.stderr.write(
          toDatabaseFault(error) === undefined
            ? 'Interrupted: nothing was stored.\n'
            : 'Interrupted while the database did not answer: all was stored, or nothing; importing again does no harm.\n',
        )
        process.exitCode = INTERRUPTED
      }
    })
  for (const option of tableOptions) command.addOption(option)
  return command
}

async function importFile(
  open: OpenCommandContext,
  file: string,
  options: ImportOptions & { columns: ColumnMap; signal: AbortSignal },
): Promise<CsvImportReport> {
  await using context = await open({ signal: options.signal })
  const { input, size, bytesRead } = await openInput(file, context.workingDirectory)
  // Disposed after the session, whose transaction has then ended.
  await using plantsAhead = createPlantsAhead(context.database.kysely)
  await using session = await context.database.openSession('import')
  using progress = openProgress(size)
  return await importCsv(session, input, {
    ...options,
    plantId: options.plant,
    chunksAhead: createChunksAhead(context.database.kysely),
    plantsAhead,
    onDuplicate: options.onDuplicate === 'keep' ? 'KEEP' : 'REPLACE',
    onProgress: (received) => progress.update(bytesRead(), received),
  }).catch(context.rethrow)
}

async function openInput(
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
  const { received, inserted, duplicates, conflicts, refused } = report
  const notes = [
    [report.ignoredColumns.length, `Not read: ${report.ignoredColumns.join(', ')}.`],
    [report.repeatedTimes, `${report.repeatedTimes} in an hour that the clock repeats.`],
    [
      report.skippedTimes,
      `${report.skippedTimes} in an hour that the clock skips, moved on by it.`,
    ],
    [
      refused.count,
      `${refused.count === 1 ? '1 row was' : `${refused.count} rows were`} skipped:\n${refused.describe()}`,
    ],
  ] as const
  for (const [count, note] of notes) if (count > 0) process.stderr.write(`${note}\n`)
  process.stdout.write(
    `${received} readings: ${inserted} inserted, ${duplicates} duplicates, ${conflicts} conflicts\n`,
  )
  if (refused.count > 0) process.exitCode = 1
}
