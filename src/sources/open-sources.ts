import { join } from 'node:path'
import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { Fault } from '../fault.ts'
import type { Logger } from '../log.ts'
import type { Check } from '../system/health.ts'
import type { KeptPlantLimits } from '../telemetry/plant-limits.ts'
import type { ConfiguredSource } from './configuration.ts'
import { runSource } from './polling.ts'
import type { Source, SourceContext } from './source.ts'
import { openSourceStore } from './source-store.ts'

export interface SourcesOptions {
  kysely: Kysely<Schema>
  plantLimits: KeptPlantLimits
  /** Readings wait in it while the database is away. */
  dataDir: string
  environment: Readonly<Record<string, string | undefined>>
  log: Logger
}

export interface OpenSources extends AsyncDisposable {
  readonly checks: readonly Check[]
}

/** Runs the configured sources until disposed. Throws a `Fault` if the settings of one do not fit together. */
export async function openSources(
  sources: readonly ConfiguredSource[],
  { kysely, plantLimits, dataDir, environment, log }: SourcesOptions,
): Promise<OpenSources> {
  await using opening = new AsyncDisposableStack()
  const checks: Check[] = []
  for (const configured of sources) {
    const { name, plantId, kind, settings } = configured
    const source = openSource(configured, { environment, log })
    const identity = { name, kind: kind.kind, plantId, everyMs: kind.everyMs(settings) }
    const folder = join(dataDir, 'waiting')
    const store = await openSourceStore({ kysely, identity, source, plantLimits, folder, log })
    const running = opening.use(runSource({ identity, source, store, log }))
    checks.push(running.check)
  }
  const open = opening.move()
  return { checks, [Symbol.asyncDispose]: () => open.disposeAsync() }
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
