import { Argument, Command, InvalidArgumentError } from 'commander'
import { catchInterruption, INTERRUPTED } from '../src/cli/interruption.ts'
import { benchAdoption } from './adoption.ts'
import { benchHistory } from './history.ts'
import { benchIngest } from './ingest.ts'
import { benchLive } from './live.ts'
import { benchQuery } from './query.ts'
import { benchStart } from './start.ts'
import type { Finding } from './support/finding.ts'
import { note } from './support/note.ts'
import { report } from './support/report.ts'

/** Measures until done or aborted, and leaves nothing behind either way. */
type Benchmark = (signal: AbortSignal, rows: number) => Promise<Finding[]>

const benchmarks: Readonly<Record<string, Benchmark>> = {
  adoption: benchAdoption,
  history: benchHistory,
  ingest: benchIngest,
  live: benchLive,
  query: benchQuery,
  start: benchStart,
}

const program = new Command('bench')
  .description(
    'Measure Heliograph against the least that could do the same work, in turn in the same run. Prints a ratio and its spread over the rounds for each, and as the last line of each benchmark one JSON object.',
  )
  .addArgument(
    new Argument('[names...]', 'which benchmarks; all where none is named').choices(
      Object.keys(benchmarks),
    ),
  )
  .option(
    '--rows <count>',
    'how many old rows adoption takes; 10000000 is what is promised, of which three copies are on disk at once',
    parseRows,
    1_000_000,
  )
  .action(async (names: string[], { rows }: { rows: number }) => {
    using interruption = catchInterruption()
    try {
      for (const [name, measure] of Object.entries(benchmarks)) {
        if (names.length > 0 && !names.includes(name)) continue
        const startedAt = performance.now()
        const findings = await measure(interruption.signal, rows)
        process.stdout.write(report(name, findings, (performance.now() - startedAt) / 1000))
      }
    } catch (error) {
      note('')
      if (!interruption.signal.aborted) throw error
      process.exitCode = INTERRUPTED
    }
  })

function parseRows(text: string): number {
  const rows = Number(text)
  if (Number.isSafeInteger(rows) && rows >= 1000) return rows
  throw new InvalidArgumentError('Expected a whole number from 1000.')
}

await program.parseAsync()
