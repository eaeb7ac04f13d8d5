import { Command, Option } from 'commander'
import type { Session } from '../database/database.ts'
import { type Instant, instantOf } from '../database/instant.ts'
import { Fault } from '../fault.ts'
import { howToRun } from '../how-to-run.ts'
import {
  countSimulatedReadings,
  type SimulatedRange,
  simulatePlant,
} from '../sources/simulated/inverter.ts'
import { DEFAULT_SEED, type SimulatedPlant, simulatedPlants } from '../sources/simulated/plant.ts'
import {
  isSimulating,
  registerPlants,
  removePlant,
  simulatedPlantIds,
} from '../sources/simulated/stored-plants.ts'
import { type ChunksAhead, createChunksAhead } from '../telemetry/chunks-ahead.ts'
import { loadReadings } from '../telemetry/import.ts'
import { emptyReading, FIRST_SIMULATED_PLANT, type Reading } from '../telemetry/reading.ts'
import { requireSchema } from '../telemetry/schema-ready.ts'
import { findReadingFault } from '../telemetry/validate-reading.ts'
import type { OpenCommandContext } from './command-context.ts'
import { catchInterruption, INTERRUPTED } from './interruption.ts'
import { instantOption, stepOption, timeZoneOption, wholeNumberOption } from './options.ts'
import { openProgress } from './progress.ts'

const DAY = 86_400_000_000
const CHUNK = 5000
const MOST_PLANTS = 10_000
const MOST_DAYS = 36_525

interface SimulateOptions {
  plants: number
  days: number
  every: number
  seed: number
  until?: Instant
  timeZone?: string
  remove?: true
}

const EXAMPLE = `
Example:
  ${howToRun('simulate', '--plants 20 --days 90 --every 60s')}

Readings are stored in one transaction; one that already exists is kept.
Plants are removed one by one: what Ctrl-C leaves can be removed later.
Exit code: 0 done, 1 refused, 130 interrupted.`

/** `simulate`: gives simulated plants a past, or removes all of them. */
export function simulateCommand(open: OpenCommandContext): Command {
  return new Command('simulate')
    .description('Store readings of simulated plants, whose ids begin at 900001.')
    .option('--plants <count>', 'how many plants', wholeNumberOption(1, MOST_PLANTS), 1)
    .option('--days <count>', 'how many times 24 hours', wholeNumberOption(1, MOST_DAYS), 1)
    .addOption(
      new Option('--every <step>', 'time between readings, such as 60s, 5m, PT15M')
        .argParser(stepOption)
        .default(60_000_000, '60s'),
    )
    .option(
      '--seed <number>',
      'picks weather and use; the live simulation has the default',
      wholeNumberOption(0, Number.MAX_SAFE_INTEGER),
      DEFAULT_SEED,
    )
    .option('--until <time>', 'end, such as 2026-06-21T18:00:00Z (default: now)', instantOption)
    .option(
      '--time-zone <zone>',
      'where all plants are (default: the first in the zone of this machine, the others all over the world)',
      timeZoneOption,
    )
    .addOption(
      new Option('--remove', 'remove every simulated plant and its readings').conflicts([
        'plants',
        'days',
        'every',
        'seed',
        'until',
        'timeZone',
      ]),
    )
    .addHelpText('after', EXAMPLE)
    .action(async (options: SimulateOptions, command: Command) => {
      using interruption = catchInterruption()
      await using context = await open({ signal: interruption.signal })
      await using session = await context.database.openSession('simulate')
      await requireSchema(session.kysely)
      const { writeOut, writeErr } = command.configureOutput()
      try {
        const chunksAhead = createChunksAhead(context.database.kysely)
        const work = options.remove
          ? remove(session, interruption.signal)
          : simulate(session, chunksAhead, interruption.signal, options)
        writeOut?.(await work.catch(context.rethrow))
      } catch (error) {
        if (!interruption.signal.aborted) throw error
        writeErr?.('Interrupted: no reading was stored.\n')
      }
      if (interruption.signal.aborted) process.exitCode = INTERRUPTED
    })
}

async function simulate(
  session: Session,
  chunksAhead: ChunksAhead,
  signal: AbortSignal,
  options: SimulateOptions,
): Promise<string> {
  const plants = simulatedPlants(options.plants, options.seed, options.timeZone)
  const range = rangeOf(options)
  const startedAt = performance.now()
  await registerPlants(session.kysely, plants)
  using progress = openProgress(plants.length * countSimulatedReadings(range))
  const outcome = await loadReadings(session, simulateAll(plants, range, signal), {
    onDuplicate: 'KEEP',
    chunksAhead,
    onProgress: (received) => progress.update(received, received),
  })
  const seconds = (performance.now() - startedAt) / 1000
  const { received, inserted, duplicates, conflicts } = outcome
  return [
    `${plants.length} simulated plants, ${received} readings: `,
    `${inserted} inserted, ${duplicates} duplicates, ${conflicts} conflicts; `,
    `${seconds.toFixed(1)} s, ${Math.round(received / seconds)} readings/s\n`,
    conflicts === 0
      ? ''
      : `Conflicts are readings of another simulation, which were kept: ${howToRun('simulate', '--remove')} removes it.\n`,
  ].join('')
}

const COMING_BACK =
  'A server is simulating plants now, and stores their next readings: to be rid of them, start it with SIMULATE=0 and remove them again.'

/** Does not ask first: it only touches simulated plants, which can be simulated again. */
async function remove(session: Session, signal: AbortSignal): Promise<string> {
  const ids = await simulatedPlantIds(session.kysely)
  using progress = openProgress(ids.length)
  let plants = 0
  let readings = 0
  for (const id of ids) {
    if (signal.aborted) break
    readings += await removePlant(session.kysely, id)
    plants += 1
    progress.update(plants, readings)
  }
  const removed = `${plants} of ${ids.length} simulated plants and ${readings} readings removed\n`
  return (await isSimulating(session.kysely)) ? `${removed}${COMING_BACK}\n` : removed
}

/** Throws `BAD_USER_INPUT` if readings in the range could not be stored. */
function rangeOf({ days, every, until }: SimulateOptions): SimulatedRange {
  const now = instantOf(new Date())
  const to = until ?? now
  const from = to - days * DAY
  for (const time of [from, to]) {
    const fault = findReadingFault(emptyReading(FIRST_SIMULATED_PLANT, time), now)
    if (fault === undefined) continue
    throw new Fault(
      'BAD_USER_INPUT',
      `--days, --until: expected ${fault.expected}, got ${fault.got}`,
    )
  }
  return { from, to, every }
}

async function* simulateAll(
  plants: readonly SimulatedPlant[],
  range: SimulatedRange,
  signal: AbortSignal,
): AsyncGenerator<Reading[]> {
  let chunk: Reading[] = []
  for (const plant of plants) {
    for (const reading of simulatePlant(plant, range)) {
      chunk.push(reading)
      if (chunk.length < CHUNK) continue
      signal.throwIfAborted()
      yield chunk
      chunk = []
    }
  }
  if (chunk.length > 0) yield chunk
}
