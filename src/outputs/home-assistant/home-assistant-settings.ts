import { z } from 'zod'
import { brokerSettings, timerSetting } from '../../sources/mqtt/mqtt-settings.ts'

const level = z.string().regex(/^[^+#/]+(?:\/[^+#/]+)*$/, {
  error: 'expected a topic such as heliograph, without the wildcards + and #',
})

/** The settings of the output to Home Assistant. */
export const homeAssistantSettings = z.strictObject({
  ...brokerSettings,
  baseTopic: level.default('heliograph').describe('What the topics of readings begin with.'),
  discoveryPrefix: level
    .default('homeassistant')
    .describe('The discovery prefix that Home Assistant is set to.'),
  every: timerSetting
    .prefault('PT10S')
    .describe('How often readings and energies are published, as an ISO 8601 duration.'),
})

export type HomeAssistantSettings = z.infer<typeof homeAssistantSettings>

/** For the JSON Schema of the configuration. */
export const homeAssistantSchema = {
  ...z.toJSONSchema(homeAssistantSettings, { io: 'input', unrepresentable: 'any' }),
  description: 'Publishes every plant for Home Assistant, over MQTT with discovery.',
}
