import { z } from 'zod'
import { numberFields } from '../../quantities.ts'
import { counterNames } from '../../telemetry/counters/counter.ts'
import { durationSetting } from '../duration-setting.ts'
import { sideNames } from '../sides.ts'

/** Timers of Node fire at once if they are set to some hours more. */
const LONGEST_MS = 24 * 24 * 60 * 60_000

/** A duration that a timer can wait for. */
export const timerSetting = durationSetting(1000, LONGEST_MS, 'PT10S')

const name = z.string().min(1)

/** A topic that can be published to: no wildcards. */
const topic = z.string().regex(/^[^+#]{1,65535}$/, {
  error: 'expected one topic, without the wildcards + and #',
})

/** What one number of a payload is. */
const mappedValue = z.strictObject({
  quantity: z
    .enum([...numberFields, ...sideNames, 'time'])
    .describe(
      'What the number is: a quantity; one direction of a power as its magnitude (batteryCharge, batteryDischarge, gridImport, gridExport, always both of a pair); or time: when the other topics were measured, in ISO 8601 with an offset, or in seconds or milliseconds since 1970.',
    ),
  path: name
    .optional()
    .describe(
      'Where in a JSON payload the number is, such as battery.power or pv.0.power. Without it the whole payload is the number.',
    ),
  scale: z
    .number()
    .refine((factor) => factor !== 0, { error: 'expected a number other than 0' })
    .optional()
    .describe('What the number is multiplied by, such as 1000 if it is in kW. 1 if left out.'),
  invert: z
    .boolean()
    .optional()
    .describe(
      'Whether the sign is the other way round. Battery power and current have to be + discharging, grid power + importing.',
    ),
  add: z
    .boolean()
    .optional()
    .describe(
      'Whether several numbers of this quantity are added up, such as the strings of PV. The sum is not measured until all of them are there. Set it on each of them.',
    ),
  timePath: name.optional().describe('Where in the same JSON payload its time of measurement is.'),
})

export type MappedValue = z.infer<typeof mappedValue>

/** What an inverter counts in a payload. */
const mappedCounter = z.strictObject({
  energy: z.enum(counterNames).describe('What is counted.'),
  span: z
    .enum(['today', 'total'])
    .describe('today: since midnight by the clock of the inverter; total: since it was installed.'),
  path: name
    .optional()
    .describe(
      'Where in a JSON payload the number is, such as total.pv. Without it the whole payload is the number.',
    ),
  scale: z
    .number()
    .positive()
    .optional()
    .describe('What the number is multiplied by to be kWh, such as 0.001 if it is in Wh.'),
  timePath: name.optional().describe('Where in the same JSON payload its time of measurement is.'),
})

export type MappedCounterSetting = z.infer<typeof mappedCounter>

const mappedValues = z.union([mappedValue, z.array(mappedValue).min(1)])

const PROTOCOLS = ['mqtt:', 'mqtts:', 'ws:', 'wss:']

const url = z
  .string()
  .refine((text) => PROTOCOLS.includes(URL.parse(text)?.protocol ?? '') && hasHost(text), {
    error: 'expected the address of a broker, such as mqtt://192.168.1.20:1883 or wss://host/mqtt',
  })
  .refine((text) => !hasCredentials(text), {
    error: 'expected no user and password here: use username and passwordVariable',
  })

function hasHost(text: string): boolean {
  return URL.parse(text)?.hostname !== ''
}

function hasCredentials(text: string): boolean {
  const parsed = URL.parse(text)
  return parsed !== null && `${parsed.username}${parsed.password}` !== ''
}

const tls = z
  .strictObject({
    ca: name
      .optional()
      .describe(
        'PEM file with the certificate of the authority that signed that of the broker. The public authorities if left out.',
      ),
    rejectUnauthorized: z
      .boolean()
      .default(true)
      .describe(
        'Whether a certificate of the broker that cannot be verified ends the connection. If false, anybody in between can read the password.',
      ),
    certificate: name.optional().describe('PEM file with the certificate of this client.'),
    key: name.optional().describe('PEM file with the private key of this client.'),
  })
  .refine(({ certificate, key }) => (certificate === undefined) === (key === undefined), {
    error: 'expected certificate and key, or neither',
  })

/** How a broker is reached. */
export const brokerSettings = {
  url: url.describe(
    'Address of the broker: mqtt:// (port 1883), mqtts:// (with TLS, port 8883), ws:// or wss:// (in a WebSocket).',
  ),
  username: name.optional().describe('User at the broker.'),
  passwordVariable: name
    .optional()
    .describe('Name of the environment variable that holds the password.'),
  tls: tls.optional().describe('Certificates, for mqtts:// and wss://.'),
}

export const mqttPresetNames = ['sunsynk', 'solar-assistant', 'home-assistant-statestream'] as const

export type MqttPresetName = (typeof mqttPresetNames)[number]

const count = z.int().min(1).max(24)

/** The settings of an MQTT source. mqtt-mapping.ts checks what only makes sense together. */
export const mqttSettings = z.strictObject({
  ...brokerSettings,
  preset: z
    .enum(mqttPresetNames)
    .optional()
    .describe(
      'Whose topics they are: sunsynk (the add-on for Sunsynk, Deye and Sol-Ark), solar-assistant, or home-assistant-statestream (any sensors of Home Assistant).',
    ),
  baseTopic: topic
    .optional()
    .describe(
      'What the topics of the preset begin with: SS (sunsynk; SUNSYNK/status in versions whose topics have the serial number), solar_assistant, or homeassistant (statestream) if left out.',
    ),
  prefix: topic
    .optional()
    .describe(
      'sunsynk: the inverter in its topics, such as ss1 in SS/ss1/battery_power, or its serial number in SUNSYNK/status/….',
    ),
  pvStrings: count
    .optional()
    .describe('sunsynk: how many strings of PV there are: pv1_power to pvN_power are added up.'),
  inverters: count
    .optional()
    .describe(
      'solar-assistant: how many inverters there are: inverter_1 to inverter_N are added up.',
    ),
  sensors: z
    .record(name, mappedValues)
    .optional()
    .describe(
      'home-assistant-statestream: which sensor is what, by its object id, such as inverter_battery for sensor.inverter_battery.',
    ),
  topics: z
    .record(topic, mappedValues)
    .optional()
    .describe('Which topic is what, beside those of a preset or instead of one.'),
  counters: z
    .record(topic, z.union([mappedCounter, z.array(mappedCounter).min(1)]))
    .optional()
    .describe(
      "Which topic is which of the inverter's own counters of kWh, beside those of a preset. Several topics of one counter are the inverters of the plant, and are added up.",
    ),
  availability: z
    .array(name)
    .optional()
    .describe(
      'Topics (wildcards allowed) on which the payload "offline" says that the values are not current any more. Those of the preset if left out.',
    ),
  window: timerSetting
    .prefault('PT10S')
    .describe(
      'How long after the first new value a reading waits for the others, as an ISO 8601 duration.',
    ),
  every: timerSetting
    .prefault('PT5S')
    .describe('The shortest time between two readings, as an ISO 8601 duration.'),
  staleAfter: timerSetting
    .optional()
    .describe(
      'How long a value counts if its topic does not come again, as an ISO 8601 duration. If left out: PT11M for sunsynk, which sends some every 5 minutes; PT1H for statestream, which sends what changes; else ten windows.',
    ),
})

export type MqttSettings = z.infer<typeof mqttSettings>

/** The part of the settings that says how the broker is reached. */
export type BrokerSettings = Pick<MqttSettings, 'url' | 'username' | 'passwordVariable' | 'tls'>
