import { type Command, Option } from 'commander'
import { isDatabaseUrl } from '../config.ts'
import type { Database } from '../database/database.ts'
import { type ForeignDatabase, openForeignDatabase } from '../database/foreign-database.ts'
import { Fault } from '../fault.ts'
import { importPlantFlow, type PlantFlowReport } from '../sources/plant-flow/import.ts'
import { createChunksAhead } from '../telemetry/chunks-ahead.ts'
import { createPlantsAhead } from '../telemetry/plants-ahead.ts'
import type { OpenCommandContext } from './command-context.ts'
import { openProgress, type Progress } from './progress.ts'

/** Where a table of the REST service is; without a table, a file is imported. */
export const tableOptions: readonly Option[] = [
  new Option(
    '--from-table <schema.table>',
    'import the table that the REST service filled, such as solark.plant_flow, in place of a file',
  ),
  new Option('--from-url <url>', 'the database that has the table, if it is another one'),
]

export interface TableOptions {
  fromTable?: string
  fromUrl?: string
}

interface TableImportOptions {
  fromUrl?: string
  plant?: number
  timeZone?: string | undefined
  onDuplicate: 'keep' | 'replace'
}

/** The options that mean something for a table. */
const FITTING = new Set(['fromTable', 'fromUrl', 'plant', 'timeZone', 'onDuplicate'])

/** Throws if the command names both a file and a table, neither, or options that do not go with the table. */
export function sourceOf(
  file: string | undefined,
  command: Command,
): { file: string } | { table: string } {
  const { fromTable, fromUrl } = command.opts<TableOptions>()
  if (fromTable === undefined) {
    if (fromUrl !== undefined) {
      throw refusal('Expected --from-table with --from-url, such as --from-table solark.plant_flow')
    }
    if (file === undefined) throw refusal('Expected a file, - for standard input, or --from-table')
    return { file }
  }
  if (file !== undefined) throw refusal('Expected a file or --from-table, got both')
  const others = command.options.filter(
    (option) =>
      !FITTING.has(option.attributeName()) &&
      command.getOptionValueSource(option.attributeName()) === 'cli',
  )
  if (others.length > 0) {
    const names = others.map(({ long }) => long).join(', ')
    throw refusal(`Expected no ${names} with --from-table: these options are for files`)
  }
  return { table: fromTable }
}

function refusal(message: string): Fault {
  return new Fault('BAD_USER_INPUT', message)
}

/** Imports a table, and says on standard output what became of its rows. */
export async function importTable(
  open: OpenCommandContext,
  table: string,
  options: TableImportOptions,
  signal: AbortSignal,
): Promise<void> {
  await using context = await open({ signal })
  await using source = await openSource(context.database, options.fromUrl)
  // Disposed after the session, whose transaction has then ended.
  await using plantsAhead = createPlantsAhead(context.database.kysely)
  await using session = await context.database.openSession('import')
  using shown = new DisposableStack()
  let progress: Progress | undefined
  const report = await importPlantFlow(session, source, {
    table,
    plantId: options.plant,
    timeZone: options.timeZone,
    onDuplicate: options.onDuplicate === 'keep' ? 'KEEP' : 'REPLACE',
    chunksAhead: createChunksAhead(context.database.kysely),
    plantsAhead,
    signal,
    onProgress: process.stderr.isTTY
      ? (rows, total) => {
          progress ??= shown.use(openProgress(total))
          progress.update(rows, rows)
        }
      : undefined,
  }).catch(context.rethrow)
  progress?.[Symbol.dispose]()
  tell(report)
}

/** The table is read on a connection of its own, because the other one is busy writing. */
async function openSource(
  database: Database,
  url: string | undefined,
): Promise<Pick<ForeignDatabase, 'kysely'> & AsyncDisposable> {
  if (url === undefined) return await database.openSession('import source')
  // Neither message repeats the address, which may have a password.
  if (!isDatabaseUrl(url)) {
    throw refusal(
      'Expected --from-url to be an address such as postgres://user:password@host:5432/database',
    )
  }
  try {
    return await openForeignDatabase(url)
  } catch (cause) {
    throw new Fault('IMPORT_REFUSED', 'The database of --from-url cannot be reached', { cause })
  }
}

function tell({ rows, inserted, duplicates, conflicts, ...report }: PlantFlowReport): void {
  const lines = [
    `${rows} rows: ${inserted} inserted, ${duplicates} duplicates, ${conflicts} conflicts, ${report.empty + report.unusable} left out`,
  ]
  const { clock } = report
  if (clock !== undefined) {
    lines.push(`Times have no time zone and were read as ${clock.timeZone}.`)
    if (clock.repeated > 0) lines.push(`${clock.repeated} in an hour that the clock repeats.`)
    if (clock.skipped > 0) {
      lines.push(`${clock.skipped} in an hour that the clock skips, moved on by it.`)
    }
  }
  for (const { what, rows: count, example } of report.remarks.all()) {
    lines.push(`${count === 1 ? '1 row' : `${count} rows`}, ${what}; such as ${example}`)
  }
  process.stdout.write(`${lines.join('\n')}\n`)
  if (report.unusable > 0) process.exitCode = 1
}
