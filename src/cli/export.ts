import { existsSync } from 'node:fs'
import { open as openFile, rename, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { Command } from 'commander'
import type { Instant } from '../database/instant.ts'
import { Fault } from '../fault.ts'
import { howToRun } from '../how-to-run.ts'
import { exportCsv } from '../sources/csv/export.ts'
import { readExtent } from '../telemetry/extent.ts'
import type { OpenCommandContext } from './command-context.ts'
import { catchInterruption, INTERRUPTED } from './interruption.ts'
import { instantOption, plantIdOption } from './options.ts'
import { openProgress } from './progress.ts'

interface ExportOptions {
  plant?: number
  from?: Instant
  to?: Instant
  force?: boolean
}

const EXAMPLE = `
Example:
  ${howToRun('export', 'june.csv.gz --plant 7 --from 2026-06-01T00:00:00Z --to 2026-07-01T00:00:00Z')}

Import takes the file back bit for bit. Exit code: 0 written, 1 refused, 130 interrupted.`

/** `export FILE`: writes readings as CSV. */
export function exportCommand(open: OpenCommandContext): Command {
  return new Command('export')
    .description('Write readings as CSV, in the order of plant and time.')
    .argument('<file>', 'where to; compressed if it ends in .gz; - for standard output')
    .option('--plant <id>', 'only of this plant', plantIdOption)
    .option('--from <time>', 'from this time on, such as 2026-06-01T00:00:00Z', instantOption)
    .option('--to <time>', 'to just before this time', instantOption)
    .option('--force', 'replace the file if it exists')
    .addHelpText('after', EXAMPLE)
    .action(async (file: string, options: ExportOptions) => {
      using interruption = catchInterruption()
      try {
        const rows = await exportTo(open, file, options, interruption.signal)
        const summary = file === '-' ? process.stderr : process.stdout
        summary.write(`${rows} readings exported\n`)
      } catch (error) {
        if (isBrokenPipe(error)) return
        if (!interruption.signal.aborted) throw error
        process.stderr.write('Interrupted: nothing was exported.\n')
        process.exitCode = INTERRUPTED
      }
    })
}

async function exportTo(
  open: OpenCommandContext,
  file: string,
  { plant: plantId, from, to, force = false }: ExportOptions,
  signal: AbortSignal,
): Promise<number> {
  await using context = await open({ signal })
  await using session = await context.database.openSession('export')
  const { count } = await readExtent(session.kysely, { plantId, from, to })
  using progress = openProgress(count)
  const counter = new RowCounter((rows) => progress.update(rows, rows))
  const write = (csv: Readable, sink: NodeJS.WritableStream, compressed: boolean, end: boolean) =>
    pipeline(compressed ? [csv, counter, createGzip(), sink] : [csv, counter, sink], {
      signal,
      end,
    })

  const writeAll = (sink: NodeJS.WritableStream, compressed: boolean, end: boolean) =>
    session.kysely.transaction().execute(async () => {
      await write(await exportCsv(session, { plantId, from, to }), sink, compressed, end)
    })

  if (file === '-') {
    await writeAll(process.stdout, false, false)
    return counter.rows
  }
  const path = resolve(context.workingDirectory, file)
  if (!force && existsSync(path)) {
    throw new Fault('BAD_USER_INPUT', `${path} already exists: name another file, or give --force`)
  }
  const partial = `${path}.partial`
  const opened = await openFile(partial, 'w').catch((cause: unknown) => {
    const cure = 'name a file in a folder that exists, and that you may write to'
    throw new Fault('BAD_USER_INPUT', `${path} cannot be written: ${cure}`, { cause })
  })
  try {
    await writeAll(opened.createWriteStream(), path.endsWith('.gz'), true)
    await rename(partial, path)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
  return counter.rows
}

/** Passes CSV on and counts its rows: no value of a reading contains a line break. */
class RowCounter extends Transform {
  #lines = 0
  readonly #onRows: (rows: number) => void

  constructor(onRows: (rows: number) => void) {
    super()
    this.#onRows = onRows
  }

  /** Without the header. */
  get rows(): number {
    return Math.max(0, this.#lines - 1)
  }

  override _transform(
    chunk: Buffer,
    _encoding: BufferEncoding,
    done: (error: null, chunk: Buffer) => void,
  ): void {
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) this.#lines++
    this.#onRows(this.rows)
    done(null, chunk)
  }
}

/** Whether the reader of standard output, such as `head`, has ended. */
function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE'
}
