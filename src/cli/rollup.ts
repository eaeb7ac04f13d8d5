import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import type { Kysely } from 'kysely'
import { formatInstant } from '../database/instant.ts'
import type { Schema } from '../database/schema.ts'
import { Fault } from '../fault.ts'
import { howToRun } from '../how-to-run.ts'
import type { Difference } from '../telemetry/history/difference.ts'
import { readKeptHistory } from '../telemetry/history/kept-history.ts'
import { noteRebuild } from '../telemetry/history/rebuild.ts'
import { rollUpAll } from '../telemetry/history/roll-up-all.ts'
import { verifyRollups } from '../telemetry/history/verify.ts'
import { requireSchema } from '../telemetry/schema-ready.ts'
import type { OpenCommandContext } from './command-context.ts'
import { catchInterruption, INTERRUPTED } from './interruption.ts'
import { plantIdOption } from './options.ts'
import { openProgress } from './progress.ts'

interface RollupOptions {
  verify?: true
  rebuild?: true
  plant?: number
}

/** The work of a command: returns the text to print, and whether something differs. */
type Task = (
  kysely: Kysely<Schema>,
  signal: AbortSignal,
  plantId: number | undefined,
) => Promise<{ text: string; differs?: boolean }>

const DIFFERENT = 2
const SHOWN = 20
const RETRY_MS = 200
/** Progress is shown in thousandths. */
const WHOLE = 1000

const EXAMPLE = `
Examples:
  ${howToRun('rollup')}
  ${howToRun('rollup', '--verify')}
  ${howToRun('rollup', '--rebuild --plant 7')}

A server rolls up by itself, every ten seconds; this command works beside a server or without one.
With --plant readings are not counted again, because they are counted over all plants.
Exit code: 0 done, 1 refused, 2 something differs (--verify), 130 interrupted.`

/** `rollup`: rolls readings up, verifies the rollups, or makes them anew. */
export function rollupCommand(open: OpenCommandContext): Command {
  return new Command('rollup')
    .description('Roll up what was written, so that history and energy are answered quickly.')
    .option('--verify', 'compare what is rolled up with the readings; change nothing')
    .option('--rebuild', 'roll everything up anew, and count all readings')
    .option('--plant <id>', 'only of this plant', plantIdOption)
    .addHelpText('after', EXAMPLE)
    .action(async (options: RollupOptions, command: Command) => {
      if (options.verify && options.rebuild) {
        throw new Fault('BAD_USER_INPUT', 'Expected --verify or --rebuild, got both')
      }
      using interruption = catchInterruption()
      await using context = await open()
      await using session = await context.database.openSession('rollup')
      await requireSchema(session.kysely)
      const { writeOut, writeErr } = command.configureOutput()
      const task = options.verify ? verify : options.rebuild ? rebuild : rollUp
      const { text, differs } = await task(session.kysely, interruption.signal, options.plant)
      writeOut?.(text)
      if (differs) process.exitCode = DIFFERENT
      if (interruption.signal.aborted) {
        writeErr?.('Interrupted: what is left can be done later.\n')
        process.exitCode = INTERRUPTED
      }
    })
}

const rollUp: Task = async (kysely, signal, plantId) => {
  using progress = openProgress(WHOLE)
  let quarters = 0
  for await (const { done, total } of rollUpAll(kysely, plantId)) {
    quarters = done
    progress.update(Math.round((done / Math.max(total, 1)) * WHOLE), done)
    if (signal.aborted) break
  }
  return { text: `${quarters} quarters of an hour rolled up\n` }
}

const rebuild: Task = async (kysely, signal, plantId) => {
  while (!signal.aborted && !(await noteRebuild(kysely, plantId))) {
    await sleep(RETRY_MS)
  }
  return await rollUp(kysely, signal, plantId)
}

const verify: Task = async (kysely, signal, plantId) => {
  const first: Difference[] = []
  let differences = 0
  let quarters = 0
  let hours = 0
  let counts = 0
  {
    using progress = openProgress(WHOLE)
    for await (const found of verifyRollups(kysely, plantId)) {
      quarters += found.quarters
      hours += found.hours
      counts += found.counts
      differences += found.differences.length
      first.push(...found.differences.slice(0, SHOWN - first.length))
      progress.update(Math.round(found.done * WHOLE), quarters + hours + counts)
      if (signal.aborted) break
    }
  }
  const compared = [
    `${quarters} quarters of an hour`,
    `${hours} hours`,
    ...(plantId === undefined ? [`readings of ${counts} hours`] : []),
  ]
  const lines = [
    ...first.map(describe),
    ...(differences > first.length ? [`and ${differences - first.length} more`] : []),
    ...(await describeKept(kysely)),
    `${compared.join(', ')} compared: ${differences} differences`,
    ...(differences > 0 ? [`${howToRun('rollup', '--rebuild')} repairs them`] : []),
  ]
  return { text: `${lines.join('\n')}\n`, differs: differences > 0 }
}

/** History that is kept although its readings were dropped is no difference. */
async function describeKept(kysely: Kysely<Schema>): Promise<string[]> {
  const { frozenUntil, dropped } = await readKeptHistory(kysely)
  const [first, ...others] = dropped
  return [
    ...(frozenUntil === null
      ? []
      : [`History before ${formatInstant(frozenUntil)} is kept: its readings were dropped`]),
    ...(first === undefined
      ? []
      : [
          `History from ${formatInstant(first.since)} to ${formatInstant(first.until)}${others.length === 0 ? '' : ` and of ${others.length} later times`} is kept: readings of it were dropped`,
        ]),
  ]
}

function describe({ table, plantId, start, column, kept, recomputed }: Difference): string {
  const place = [
    plantId === null ? '' : ` plant ${plantId}`,
    start === null ? '' : ` ${formatInstant(start)}`,
  ]
  return `${table}${place.join('')} ${column}: ${kept ?? 'nothing'} kept, ${recomputed ?? 'nothing'} recomputed`
}
