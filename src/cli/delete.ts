import { createInterface } from 'node:readline/promises'
import { Command } from 'commander'
import { formatInstant, type Instant } from '../database/instant.ts'
import { Fault } from '../fault.ts'
import { howToRun } from '../how-to-run.ts'
import { deleteCounterRuns } from '../telemetry/counters/delete-counter-runs.ts'
import { deleteReadings } from '../telemetry/delete.ts'
import { readExtent } from '../telemetry/extent.ts'
import type { OpenCommandContext } from './command-context.ts'
import { catchInterruption, INTERRUPTED } from './interruption.ts'
import { instantOption, plantIdOption } from './options.ts'
import { openProgress } from './progress.ts'

interface DeleteOptions {
  plant: number
  from: Instant
  to: Instant
  yes?: boolean
}

/** About so many readings in one transaction, so that no lock is held for long. */
const BATCH = 50_000

const EXAMPLE = `
Example:
  ${howToRun('delete', '--plant 7 --from 2026-06-01T00:00:00Z --to 2026-07-01T00:00:00Z')}

Deleted in batches: what Ctrl-C leaves can be deleted later.
Exit code: 0 deleted, 1 refused, 130 interrupted.`

/** `delete`: removes a plant's readings in a range of time. */
export function deleteCommand(open: OpenCommandContext): Command {
  return new Command('delete')
    .description(
      "Delete a plant's readings, such as an import with wrong signs, and what its counters showed in that time.",
    )
    .requiredOption('--plant <id>', 'whose readings', plantIdOption)
    .requiredOption(
      '--from <time>',
      'from this time on, such as 2026-06-01T00:00:00Z',
      instantOption,
    )
    .requiredOption('--to <time>', 'to just before this time', instantOption)
    .option('--yes', 'do not ask; needed if there is no terminal to ask on')
    .addHelpText('after', EXAMPLE)
    .action(async (options: DeleteOptions) => {
      using interruption = catchInterruption()
      await using context = await open({ signal: interruption.signal })
      await using session = await context.database.openSession('delete')
      const { plant: plantId, from, to } = options
      const { count, earliest, latest } = await readExtent(session.kysely, { plantId, from, to })
      if (earliest !== null && latest !== null) {
        const question = `Delete ${count} readings of plant ${plantId} from ${formatInstant(earliest)} to ${formatInstant(latest)}?`
        if (options.yes !== true && !(await confirm(question, interruption.signal))) {
          process.stdout.write('0 readings deleted\n')
          return
        }
      }
      let deleted = 0
      {
        using progress = openProgress(count)
        for (const range of slices(earliest ?? from, latest ?? from, Math.ceil(count / BATCH))) {
          if (interruption.signal.aborted) break
          deleted += await deleteReadings(session.kysely, { plantId, ...range }).catch(
            context.rethrow,
          )
          progress.update(deleted, deleted)
        }
      }
      // What counters showed is also where there are no readings.
      if (!interruption.signal.aborted) {
        await session.kysely
          .transaction()
          .execute((transaction) => deleteCounterRuns(transaction, { plantId, from, to }))
          .catch(context.rethrow)
      }
      process.stdout.write(`${deleted} readings deleted\n`)
      if (interruption.signal.aborted) {
        process.stderr.write(`Interrupted: about ${count - deleted} are left.\n`)
        process.exitCode = INTERRUPTED
      }
    })
}

/** Cuts the time from `earliest` to `latest`, both included, into so many slices, oldest first. */
function* slices(
  earliest: Instant,
  latest: Instant,
  number: number,
): Generator<{ from: Instant; to: Instant }> {
  const width = Math.ceil((latest + 1 - earliest) / Math.max(1, number))
  for (let from = earliest; number > 0 && from <= latest; from += width) {
    yield { from, to: Math.min(from + width, latest + 1) }
  }
}

async function confirm(question: string, signal: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new Fault('BAD_USER_INPUT', `${question} There is no terminal to ask on: give --yes`)
  }
  // Not in terminal mode, in which readline would take Ctrl-C for itself.
  const terminal = createInterface({
    input: process.stdin,
    output: process.stderr,
    terminal: false,
  })
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal })
    return /^y(es)?$/i.test(answer.trim())
  } catch (error) {
    if (signal.aborted) return false
    throw error
  } finally {
    terminal.close()
  }
}
