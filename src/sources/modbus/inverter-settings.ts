import { z } from 'zod'
import { durationSetting } from '../duration-setting.ts'
import { modelNames, models } from './maps/models.ts'
import { generatorPorts } from './maps/register-map.ts'

/** A day between two polls is still a poll. */
const LONGEST_MS = 24 * 60 * 60_000

/** The setting of how often inverters are asked. Parsed to milliseconds. */
export function pollInterval(usual: string) {
  return durationSetting(1000, LONGEST_MS, 'PT5S')
    .prefault(usual)
    .describe('How often it is asked, as an ISO 8601 duration such as PT5S.')
}

export const unitNumber = z
  .int()
  .min(1)
  .max(247)
  .describe('The number of the inverter on its line, 1 to 247; inverters set it as "Modbus SN".')

export const portNumber = z.int().min(1).max(65_535)

/** What any way to an inverter's registers needs to know of the inverter. */
export const inverterSettings = {
  model: z
    .enum(modelNames)
    .describe(
      `The family of inverters: ${modelNames.map((name) => `${name} (${models[name].title})`).join('; ')}.`,
    ),
  timeout: durationSetting(100, LONGEST_MS, 'PT3S')
    .prefault('PT3S')
    .describe('How long it may take to connect, and to answer each request.'),
  generatorPort: z
    .enum(generatorPorts)
    .default('generator')
    .describe(
      "What is connected to the generator's terminals: a generator, micro-inverters (their power is PV power) or " +
        'a load.',
    ),
  sharedBattery: z
    .boolean()
    .default(true)
    .describe(
      'Whether several inverters share one battery: its state of charge, voltage and temperature are then those ' +
        'that the first one reports. If each has its own, these have no value for the plant. Powers are added up ' +
        'either way.',
    ),
}
