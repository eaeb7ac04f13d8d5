import type { Kysely } from 'kysely'
import type { RaisedAlert } from '../../alerts/alert.ts'
import type { Schema } from '../../database/schema.ts'
import type { Logger } from '../../log.ts'
import { describeIssues, invalidConfiguration } from '../../sources/configuration.ts'
import { secretsOf } from '../../sources/open-sources.ts'
import { powerOf, readEnergy } from '../../telemetry/history/energy.ts'
import { readPlants } from '../../telemetry/plant.ts'
import { hasFallenSilent, readSources } from '../../telemetry/source-state.ts'
import { startHomeAssistantOutput } from './home-assistant-output.ts'
import { homeAssistantSettings } from './home-assistant-settings.ts'

export interface HomeAssistantOptions {
  kysely: Kysely<Schema>
  /** Milliseconds. */
  staleAfter: number
  /** undefined: the database has no table of alerts yet, or may not be asked for it. */
  readAlerts(): Promise<RaisedAlert[] | undefined>
  environment: Readonly<Record<string, string | undefined>>
  /** The configuration file, for messages. */
  file: string
  log: Logger
}

/** Starts the output that the configuration describes. Throws `CONFIGURATION_INVALID` if its settings cannot be used. */
export function openHomeAssistant(
  settings: unknown,
  { kysely, staleAfter, readAlerts, environment, file, log }: HomeAssistantOptions,
): AsyncDisposable {
  const parsed = homeAssistantSettings.safeParse(settings)
  if (!parsed.success) {
    throw invalidConfiguration(
      file,
      describeIssues(parsed.error).map((fault) => `homeAssistant${fault}`),
    )
  }
  const loadPlant = async (id: number) => (await readPlants(kysely, [id]))[0]
  return startHomeAssistantOutput(
    parsed.data,
    { secret: secretsOf('homeAssistant', environment), log },
    {
      readPlants: () => readPlants(kysely),
      hasFallenSilent: ({ id, latest }) =>
        hasFallenSilent(latest, staleAfter, () => readSources(kysely, [id])),
      readAlerts,
      readToday: async (plantId) => {
        const timeZone = (await loadPlant(plantId))?.timeZone ?? 'UTC'
        const today = Temporal.Now.plainDateISO(timeZone).toString()
        const [day] = await readEnergy(
          { kysely, loadPlant },
          {
            plantId,
            from: today,
            to: today,
            period: 'DAY',
            timeZone,
            quantities: [...new Set(Object.values(powerOf))],
            aspects: ['signs'],
          },
        )
        if (day === undefined) throw new Error('Expected one day of energy, got none')
        return day
      },
    },
  )
}
