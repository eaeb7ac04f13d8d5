import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { Fault } from '../fault.ts'
import type { Logger } from '../log.ts'
import type { Check } from '../system/health.ts'
import { readLatestOfEach } from '../telemetry/latest.ts'
import type { KeptPlantLimits } from '../telemetry/plant-limits.ts'
import { FIRST_SIMULATED_PLANT } from '../telemetry/reading.ts'
import type { SourceIdentity } from '../telemetry/source-state.ts'
import type { Tracer } from '../tracing/tracer.ts'
import type { ConfiguredSource } from './configuration.ts'
import { runSource } from './polling.ts'
import { simulatedPlants } from './simulated/plant.ts'
import { openSimulatedSource } from './simulated/simulated-source.ts'
import { registerPlants } from './simulated/stored-plants.ts'
import type { Source, SourceContext } from './source.ts'
import { openSourceStore, type SourceStore } from './source-store.ts'
import { openWaitingFolder } from './waiting-folder.ts'

export interface SourcesOptions {
  kysely: Kysely<Schema>
  plantLimits: KeptPlantLimits
  /** Readings wait in it while the database is away. */
  dataDir: string
  /** How many plants are simulated. */
  simulated: number
  environment: Readonly<Record<string, string | undefined>>
  log: Logger
  tracer?: Tracer | undefined
}

export interface OpenSources extends AsyncDisposable {
  readonly checks: readonly Check[]
}

const SIMULATION = 'simulated'
const SIMULATED_EVERY_MS = 1000

/**
 * Runs the configured sources and the simulation until disposed. Throws a `Fault` if the settings of one do not fit
 * together.
 */
export async function openSources(
  sources: readonly ConfiguredSource[],
  { kysely, plantLimits, dataDir, simulated, environment, log, tracer }: SourcesOptions,
): Promise<OpenSources> {
  await using opening = new AsyncDisposableStack()
  const checks: Check[] = []
  if (sources.length + simulated === 0) return { checks, [Symbol.asyncDispose]: async () => {} }
  const { path: folder } = opening.use(await openWaitingFolder(dataDir))
  const run = async (identity: SourceIdentity, source: Source) => {
    const store = await openSourceStore({ kysely, identity, source, plantLimits, folder, log })
    checks.push(
      opening.use(runSource({ identity, source, store, log, tracer })).check,
      lostReadingsCheck(identity, store),
    )
  }
  for (const configured of sources) {
    const { name, plantId, kind, settings } = configured
    const identity = { name, kind: kind.kind, plantId, everyMs: kind.everyMs(settings) }
    await run(identity, openSource(configured, { environment, log }))
  }
  if (simulated > 0) {
    if (sources.some(({ name }) => name === SIMULATION)) {
      throw new Fault(
        'CONFIGURATION_INVALID',
        `A source is named ${SIMULATION}, as the simulation is: give it another name, or set SIMULATE=0`,
      )
    }
    const identity = {
      ...{ name: SIMULATION, kind: 'simulated', everyMs: SIMULATED_EVERY_MS },
      ...{ plantId: FIRST_SIMULATED_PLANT, plants: simulated },
    }
    await run(identity, openSimulation(kysely, simulated))
  }
  const open = opening.move()
  return { checks, [Symbol.asyncDispose]: () => open.disposeAsync() }
}

/** Whether readings of a source were lost. A check of its own: the other one follows the silence of the source. */
function lostReadingsCheck({ name }: SourceIdentity, store: Pick<SourceStore, 'dropped'>): Check {
  return {
    name: `lost readings: ${name}`,
    run: () =>
      store.dropped === 0
        ? { status: 'HEALTHY', detail: 'none' }
        : { status: 'DEGRADED', detail: `${store.dropped} found no room to wait since the start` },
  }
}

/** Unlike other sources it has its plants, and what it missed, from the database. */
function openSimulation(kysely: Kysely<Schema>, count: number): Source {
  return openSimulatedSource({
    plants: simulatedPlants(count),
    everyMs: SIMULATED_EVERY_MS,
    register: (plants) => registerPlants(kysely, plants),
    newest: async (plants) => {
      const latest = await readLatestOfEach(
        kysely,
        plants.map(({ id }) => id),
      )
      return new Map(latest.map(({ plantId, timestamp }) => [plantId, timestamp]))
    },
  })
}

/** Opens a source of the configuration, without running it. */
export function openSource(
  { name, plantId, kind, settings }: ConfiguredSource,
  { environment, log }: Pick<SourcesOptions, 'environment' | 'log'>,
): Source {
  return kind.open(settings, { name, plantId, secret: secretsOf(name, environment), log })
}

/** Returns how a source gets its secrets: from the environment, by the name of a variable. */
export function secretsOf(
  source: string,
  environment: SourcesOptions['environment'],
): SourceContext['secret'] {
  return (variable) => {
    const value = environment[variable]
    if (value !== undefined && value !== '') return value
    throw new Fault(
      'CONFIGURATION_INVALID',
      `The source ${source} needs the environment variable ${variable}, which is not set: put it into .env or the environment`,
    )
  }
}
