import { Command } from 'commander'
import { formatInstant } from '../database/instant.ts'
import { Fault } from '../fault.ts'
import { howToRun } from '../how-to-run.ts'
import { planRetention, type RetentionPlan } from '../telemetry/retention/plan.ts'
import { isRetaining } from '../telemetry/retention/policy.ts'
import { runRetention } from '../telemetry/retention/run.ts'
import type { RetentionResult } from '../telemetry/retention/runs.ts'
import type { OpenCommandContext } from './command-context.ts'
import { catchInterruption, INTERRUPTED } from './interruption.ts'
import { openProgress } from './progress.ts'

interface RetentionOptions {
  days?: string
  rollupDays?: string
  compressAfterDays?: string
  dryRun?: true
}

const EXAMPLE = `
Example:
  ${howToRun('retention', '--days 400 --dry-run')}

A server does the same by itself, once an hour. Done in pieces: what Ctrl-C leaves is done the next time.
Exit code: 0 done, 1 refused or something is left to do, 130 interrupted.`

/** `retention`: drops and compresses what is older than the configuration keeps, or says what that would be. */
export function retentionCommand(open: OpenCommandContext): Command {
  return new Command('retention')
    .description('Drop readings and rollups that are kept no longer, and compress old chunks, now.')
    .option('--dry-run', 'say what would be done; write nothing')
    .option('--days <count>', 'keep readings so long, instead of RETENTION_DAYS')
    .option('--rollup-days <count>', 'keep rollups so long, instead of ROLLUP_RETENTION_DAYS')
    .option(
      '--compress-after-days <count>',
      'compress chunks that are older, instead of COMPRESS_AFTER_DAYS',
    )
    .addHelpText('after', EXAMPLE)
    .action(async (options: RetentionOptions) => {
      using interruption = catchInterruption()
      const { signal } = interruption
      await using context = await open({ signal, environment: environmentOf(options) })
      const policy = context.retention
      if (!isRetaining(policy)) {
        throw new Fault(
          'BAD_USER_INPUT',
          'Everything is kept for ever: set RETENTION_DAYS or COMPRESS_AFTER_DAYS, or give --days or --compress-after-days',
        )
      }
      await using session = await context.database.openSession('retention')
      const plan = await planRetention(session.kysely, policy)
      if (options.dryRun) {
        process.stdout.write(describePlan(plan))
        return
      }
      const result = await (async () => {
        using progress = openProgress(totalOf(plan))
        return await runRetention(session, policy, {
          signal,
          onProgress: (soFar) => {
            const done = soFar.readings + soFar.tiles
            progress.update(done, done)
          },
        }).catch(context.rethrow)
      })()
      if (result === undefined) {
        throw new Fault(
          'ALREADY_RUNNING',
          'Another process, such as a server, runs retention already: wait until it is done',
        )
      }
      process.stdout.write(describeResult(result))
      if (plan.whyNotCompressed !== null) {
        process.stderr.write(`Nothing was compressed: ${plan.whyNotCompressed}.\n`)
      }
      if (result.unfinished !== null) {
        process.stderr.write(`Left to do: ${result.unfinished}.\n`)
        process.exitCode = signal.aborted ? INTERRUPTED : 1
      }
    })
}

/** Returns the options as the environment variables that they replace, so that both are validated alike. */
function environmentOf({
  days,
  rollupDays,
  compressAfterDays,
}: RetentionOptions): Record<string, string> {
  return {
    ...(days === undefined ? {} : { RETENTION_DAYS: days }),
    ...(rollupDays === undefined ? {} : { ROLLUP_RETENTION_DAYS: rollupDays }),
    ...(compressAfterDays === undefined ? {} : { COMPRESS_AFTER_DAYS: compressAfterDays }),
  }
}

function readingsOf({ dropped }: RetentionPlan): number {
  return dropped.reduce((sum, { readings }) => sum + readings, 0)
}

function totalOf(plan: RetentionPlan): number {
  return readingsOf(plan) + plan.tiles
}

function describePlan(plan: RetentionPlan): string {
  const { cutoffs, dropped, tiles, compress, whyNotCompressed } = plan
  const lines: string[] = []
  if (cutoffs.readings !== null) {
    lines.push(`${readingsOf(plan)} readings from before ${formatInstant(cutoffs.readings)}`)
    for (const { name, readings, oldest, newest } of dropped) {
      lines.push(`  ${name}: ${readings} from ${formatInstant(oldest)} to ${formatInstant(newest)}`)
    }
  }
  if (cutoffs.rollups !== null) {
    lines.push(`${tiles} rows of rollups from before ${formatInstant(cutoffs.rollups)}`)
  }
  if (whyNotCompressed !== null) lines.push(`No chunk can be compressed: ${whyNotCompressed}`)
  else if (cutoffs.compression !== null) {
    lines.push(
      `${compress.length} chunks to compress from before ${formatInstant(cutoffs.compression)}`,
    )
    for (const { name, since, until } of compress) {
      lines.push(`  ${name}: from ${formatInstant(since)} to ${formatInstant(until)}`)
    }
  }
  return `${lines.join('\n')}\n`
}

function describeResult({ readings, chunks, tiles, compressed }: RetentionResult): string {
  const parts = [
    `${readings} readings dropped${chunks > 0 ? ` in ${chunks} chunks` : ''}`,
    `${tiles} rows of rollups deleted`,
    `${compressed} chunks compressed`,
  ]
  return `${parts.join(', ')}\n`
}
