import { Command } from 'commander'
import { readConfig } from '../config.ts'
import { instantOf } from '../database/instant.ts'
import { Fault } from '../fault.ts'
import { howToRun } from '../how-to-run.ts'
import { createLogger } from '../log.ts'
import type { ConfiguredSource } from '../sources/configuration.ts'
import { describeReading } from '../sources/describe-reading.ts'
import { openSource } from '../sources/open-sources.ts'
import type { Source, SourceReadings } from '../sources/source.ts'
import { findSource } from './find-source.ts'
import { catchInterruption, INTERRUPTED } from './interruption.ts'

const EXAMPLE = `
Example:
  ${howToRun('poll', 'roof')}

Exit code: 0 a reading came, 1 none did, 130 interrupted.`

/** `poll NAME`: asks a configured source once, and prints what it gives. */
export function pollCommand(): Command {
  return new Command('poll')
    .description(
      'Ask a source of heliograph.config.json once, and print its reading. Nothing is stored.',
    )
    .argument('<name>', 'of the source')
    .addHelpText('after', EXAMPLE)
    .action(async (name: string) => {
      using interruption = catchInterruption()
      try {
        const configured = await findSource(name)
        const given = await readOnce(configured, interruption.signal)
        process.stdout.write(describeGiven(given))
      } catch (error) {
        if (!interruption.signal.aborted) throw error
        process.exitCode = INTERRUPTED
      }
    })
}

/** A source that sends by itself is waited for so long. */
const PATIENCE_MS = 60_000

/** Asks a source once, or waits for what it sends next. Throws what the source throws. */
export async function readOnce(
  configured: ConfiguredSource,
  signal: AbortSignal,
): Promise<SourceReadings> {
  const log = createLogger(readConfig())
  await using source = openSource(configured, { environment: process.env, log })
  const limit = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])
  return 'read' in source
    ? await source.read(instantOf(new Date()), limit)
    : await listenOnce(source, limit)
}

async function listenOnce(
  source: Extract<Source, { listen: unknown }>,
  signal: AbortSignal,
): Promise<SourceReadings> {
  const first = Promise.withResolvers<SourceReadings>()
  const enough = new AbortController()
  const listening = source
    .listen(
      (given) => {
        // Counters come by themselves.
        if (given.readings.length + given.omitted.length === 0) return
        first.resolve(given)
        enough.abort()
      },
      AbortSignal.any([signal, enough.signal]),
    )
    .then(() => {
      const seconds = PATIENCE_MS / 1000
      first.reject(
        new Fault(
          'NOT_FOUND',
          `No reading came in ${seconds} s: is the topic right, and does the other side send?`,
        ),
      )
    }, first.reject)
  const given = await first.promise
  await listening
  return given
}

/** The readings in words, and what the source could not give. */
export function describeGiven({ readings, omitted }: SourceReadings): string {
  const lines = [
    ...readings.map(describeReading),
    ...omitted.map(({ field, reason }) => `${field} is left out: ${reason}`),
  ]
  return `${lines.length === 0 ? 'It answered, but has no new reading' : lines.join('\n')}\n`
}
