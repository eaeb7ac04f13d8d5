import { Argument, Command } from 'commander'
import { catchInterruption, INTERRUPTED } from '../src/cli/interruption.ts'
import { benchIngest } from './ingest.ts'
import { benchLive } from './live.ts'
import { benchQuery } from './query.ts'
import { benchStart } from './start.ts'
import type { Finding } from './support/finding.ts'
import { note } from './support/note.ts'
import { report } from './support/report.ts'

/** Measures until done or aborted, and leaves nothing behind either way. */
type Benchmark = (signal: AbortSignal) => Promise<Finding[]>

const benchmarks: Readonly<Record<string, Benchmark>> = {
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
  .action(async (names: string[]) => {
    using interruption = catchInterruption()
    try {
      for (const [name, measure] of Object.entries(benchmarks)) {
        if (names.length > 0 && !names.includes(name)) continue
        const startedAt = performance.now()
        const findings = await measure(interruption.signal)
        process.stdout.write(report(name, findings, (performance.now() - startedAt) / 1000))
      }
    } catch (error) {
      note('')
      if (!interruption.signal.aborted) throw error
      process.exitCode = INTERRUPTED
    }
  })

await program.parseAsync()
