import { Command, InvalidArgumentError } from 'commander'
import { instantOf } from '../database/instant.ts'
import { Fault } from '../fault.ts'
import { howToRun } from '../how-to-run.ts'
import type { ConfiguredSource } from '../sources/configuration.ts'
import { secretsOf } from '../sources/open-sources.ts'
import { type BackfilledDay, backfill } from '../sources/solark-cloud/backfill.ts'
import { cloudAccount } from '../sources/solark-cloud/cloud-session.ts'
import { isCovered } from '../sources/solark-cloud/covered-day.ts'
import type { SolarkCloudSettings } from '../sources/solark-cloud/settings.ts'
import { solarkCloudKind } from '../sources/solark-cloud/solark-cloud.ts'
import { fillInTimeZone, readPlants } from '../telemetry/plant.ts'
import { readPlantLimits } from '../telemetry/plant-limits.ts'
import { recordReadings } from '../telemetry/record.ts'
import { requireSchema } from '../telemetry/schema-ready.ts'
import { parseTimeZone } from '../telemetry/time-zone.ts'
import type { CommandContext, OpenCommandContext } from './command-context.ts'
import { catchInterruption, INTERRUPTED } from './interruption.ts'
import { timeZoneOption } from './options.ts'
import { openProgress } from './progress.ts'

/** Finds a source of the configuration. Rejects with a `Fault` that names those that there are. */
export type FindSource = (name: string) => Promise<ConfiguredSource>

interface BackfillCommandOptions {
  from: Temporal.PlainDate
  to?: Temporal.PlainDate
  timeZone?: string
  all?: true
}

const EXAMPLES = `
Examples:
  ${howToRun('backfill', 'roof --from 2025-01-01')}
  ${howToRun('backfill', 'roof --from 2025-01-01 --to 2025-01-31 --time-zone Africa/Johannesburg')}

Days are fetched oldest first and stored one by one; what is stored already is kept. If it is interrupted, the same
command goes on where it stopped: days with readings in 95 % of their five-minute steps are not fetched again.
Exit code: 0 all days fetched, 1 refused or given up, 130 interrupted.`

/** `backfill NAME --from DATE`: stores the day curves that the cloud of a source keeps. */
export function backfillCommand(open: OpenCommandContext, findSource: FindSource): Command {
  return new Command('backfill')
    .description('Store the past of a plant from Sol-Ark Cloud or a sibling of it.')
    .argument('<name>', 'of the source in the configuration')
    .requiredOption('--from <date>', 'the first day, such as 2025-01-01', dateOption)
    .option('--to <date>', 'the last day, by default today', dateOption)
    .option(
      '--time-zone <name>',
      "of the plant's clock in the cloud; by default that of the source, or of the plant",
      timeZoneOption,
    )
    .option('--all', 'fetch the days, too, that have readings already')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string, options: BackfillCommandOptions, command: Command) => {
      const { writeOut, writeErr } = command.configureOutput()
      const source = await findSource(name)
      const settings = settingsOf(name, source)
      const secret = secretsOf(name, process.env)
      const account = cloudAccount(settings, secret(settings.passwordVariable))
      using interruption = catchInterruption()
      const { signal } = interruption
      await using context = await open({ signal })
      const { kysely } = context.database
      await requireSchema(kysely)
      const { plantId } = source
      const timeZone =
        options.timeZone ??
        parseTimeZone(settings.timeZone ?? '') ??
        (await zoneOf(context, plantId))
      const { from, to = Temporal.Now.plainDateISO(timeZone) } = options
      const totals = new Totals()
      try {
        using progress = openProgress(from.until(to).days + 1)
        const limitsOf = await readPlantLimits(kysely)
        const days = backfill(
          account,
          {
            cloudPlant: settings.cloudPlant,
            plantId,
            from,
            to,
            timeZone,
            requestsPerMinute: settings.requestsPerMinute,
            isCovered: options.all
              ? undefined
              : (start, end) => isCovered(kysely, plantId, start, end),
          },
          signal,
        )
        for await (const day of days) {
          const outcome = await recordReadings(kysely, day.readings, {
            onDuplicate: 'KEEP',
            onInvalid: 'KEEP_VALID',
            now: instantOf(new Date()),
            limitsOf,
          }).catch(context.rethrow)
          if (totals.inserted === 0 && outcome.inserted > 0) {
            await fillInTimeZone(kysely, [plantId], timeZone)
          }
          totals.add(day, outcome)
          progress.update(day.done, totals.received)
        }
      } catch (error) {
        if (!signal.aborted) throw error
      } finally {
        writeOut?.(totals.describe())
      }
      if (signal.aborted) {
        writeErr?.('Interrupted: the same command goes on from here.\n')
        process.exitCode = INTERRUPTED
      }
    })
}

/** Throws a `Fault` unless the source is one whose past can be fetched. */
function settingsOf(
  name: string,
  { kind: { kind }, settings }: ConfiguredSource,
): SolarkCloudSettings {
  if (kind !== solarkCloudKind.kind) {
    throw new Fault(
      'BAD_USER_INPUT',
      `Expected a source of the kind ${solarkCloudKind.kind}, which keeps the past; ${name} is of the kind ${kind}`,
    )
  }
  const parsed = solarkCloudKind.settings.safeParse(settings)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new Fault(
    'CONFIGURATION_INVALID',
    `The source ${name}: ${issue?.path.join('.')}: ${issue?.message}`,
  )
}

/** Every plant starts with UTC, so UTC is nothing that somebody chose. */
async function zoneOf({ database }: CommandContext, plantId: number): Promise<string> {
  const [plant] = await readPlants(database.kysely, [plantId])
  if (plant !== undefined && plant.timeZone !== 'UTC') return plant.timeZone
  throw new Fault(
    'BAD_USER_INPUT',
    `Expected the time zone of plant ${plantId}, because day curves have the times of its clock: give --time-zone, such as Africa/Johannesburg`,
  )
}

/** What became of the days so far. */
class Totals {
  received = 0
  inserted = 0
  #duplicates = 0
  #conflicts = 0
  #doubtful = 0
  readonly #days = { fetched: 0, empty: 0, covered: 0 }
  readonly #leftOut = new Map<string, number>()
  readonly #unknownSeries = new Set<string>()

  add(
    { outcome, leftOut, unknownSeries }: BackfilledDay,
    stored: {
      received: number
      inserted: number
      duplicates: number
      conflicts: number
      issueCount: number
    },
  ): void {
    this.#days[outcome]++
    this.received += stored.received
    this.inserted += stored.inserted
    this.#duplicates += stored.duplicates
    this.#conflicts += stored.conflicts
    this.#doubtful += stored.issueCount
    for (const [why, points] of leftOut) {
      this.#leftOut.set(why, (this.#leftOut.get(why) ?? 0) + points)
    }
    for (const label of unknownSeries) this.#unknownSeries.add(label)
  }

  describe(): string {
    const { fetched, empty, covered } = this.#days
    const lines = [
      `${fetched + empty + covered} days: ${fetched} with readings, ${empty} without data, ${covered} stored before`,
      `${this.received} readings: ${this.inserted} inserted, ${this.#duplicates} duplicates, ${this.#conflicts} conflicts`,
    ]
    if (this.#doubtful > 0)
      lines.push(`${this.#doubtful} values cannot be right: corrected or left out`)
    for (const [why, points] of this.#leftOut) lines.push(`${points} values left out: ${why}`)
    if (this.#unknownSeries.size > 0) {
      lines.push(`Series not read: ${[...this.#unknownSeries].join(', ')}.`)
    }
    return `${lines.join('\n')}\n`
  }
}

function dateOption(text: string): Temporal.PlainDate {
  try {
    if (/^\d{4}-\d\d-\d\d$/.test(text)) return Temporal.PlainDate.from(text)
  } catch {}
  throw new InvalidArgumentError('Expected a date, such as 2025-01-01.')
}
