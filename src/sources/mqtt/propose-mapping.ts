import type { NumberField } from '../../quantities.ts'
import type { DiscoveredTopic } from './discover-topics.ts'
import { type MqttPreset, mqttPresets } from './mqtt-presets.ts'
import type { MappedValue, MqttSettings } from './mqtt-settings.ts'
import { numberIn } from './payload.ts'

/** What topics seem to be. */
export interface MappingProposal {
  /** To be added to how the broker is reached. */
  settings: Partial<MqttSettings> & Pick<MqttSettings, 'preset'>
  /** Topics that seem to be a power whose sign has to be asked for, and which. */
  unclear: readonly { topic: string; quantity: NumberField }[]
}

/** Returns the preset of which most topics are there, with its settings; undefined if there is none. */
export function proposeMapping(topics: readonly DiscoveredTopic[]): MappingProposal | undefined {
  const numbers = topics.filter(({ payload }) => 'number' in numberIn(payload, undefined))
  const candidates = mqttPresets.flatMap((preset) => candidatesOf(preset, numbers))
  candidates.push(...statestreamOf(numbers))
  return candidates.sort((one, other) => other.found - one.found)[0]?.proposal
}

interface Candidate {
  /** How many topics are explained. */
  found: number
  proposal: MappingProposal
}

/** A preset is one if at least so many of its topics are there. */
const LEAST_FOUND = 3

function candidatesOf(preset: MqttPreset, topics: readonly DiscoveredTopic[]): Candidate[] {
  return preset.baseTopics.flatMap((baseTopic) => {
    const patterns = preset.topics.map(([template]) => patternOf(template, baseTopic))
    const matched = topics.flatMap(({ topic }) => {
      const match = patterns.map((pattern) => pattern.exec(topic)).find((found) => found !== null)
      return match == null ? [] : [match.groups ?? {}]
    })
    const byPrefix = Map.groupBy(matched, ({ prefix }) => prefix)
    return [...byPrefix]
      .filter(([, groups]) => groups.length >= LEAST_FOUND)
      .map(([prefix, groups]) => ({
        found: groups.length,
        proposal: {
          settings: {
            preset: preset.name,
            ...(baseTopic !== preset.baseTopics[0] && { baseTopic }),
            ...(prefix !== undefined && { prefix }),
            ...(preset.needs.includes('pvStrings') && { pvStrings: mostOf(groups, 'string') }),
            ...(preset.needs.includes('inverters') && { inverters: mostOf(groups, 'inverter') }),
          },
          unclear: [],
        },
      }))
  })
}

/** The topics of a template, with its places as groups. */
function patternOf(template: string, baseTopic: string): RegExp {
  const pattern = RegExp.escape(template.replace('{baseTopic}', baseTopic))
    .replace(RegExp.escape('{prefix}'), '(?<prefix>[^/]+)')
    .replace(RegExp.escape('{string}'), '(?<string>\\d{1,2})')
    .replace(RegExp.escape('{inverter}'), '(?<inverter>\\d{1,2})')
  return new RegExp(`^${pattern}$`)
}

function mostOf(groups: readonly Record<string, string>[], name: string): number {
  return Math.max(1, ...groups.map((group) => Number(group[name] ?? 1)))
}

/**
 * Sensors of Home Assistant by the ends of their object ids. Whoever made a sensor chose its sign, so that a power which
 * flows both ways is left to be asked for.
 */
const sensorNames: readonly (readonly [RegExp, NumberField])[] = [
  [/battery_(?:soc|state_of_charge|level)$/, 'soc'],
  [/battery_power$/, 'batteryPower'],
  [/battery_voltage$/, 'batteryVoltage'],
  [/battery_temperature$/, 'batteryTemperature'],
  [/(?:pv|solar)_power$/, 'pvPower'],
  [/(?:load|house|home)_power$/, 'loadPower'],
  [/grid_power$/, 'gridPower'],
  [/(?:inverter|radiator|heat_?sink)_temperature$/, 'inverterTemperature'],
]

const STATE = /^(?<baseTopic>.+)\/sensor\/(?<sensor>[a-z0-9_]+)\/state$/

function statestreamOf(topics: readonly DiscoveredTopic[]): Candidate[] {
  const sensors = topics.flatMap(({ topic }) => {
    const { baseTopic, sensor } = STATE.exec(topic)?.groups ?? {}
    const quantity = sensorNames.find(([pattern]) => pattern.test(sensor ?? ''))?.[1]
    if (baseTopic === undefined || sensor === undefined || quantity === undefined) return []
    return [{ topic, baseTopic, sensor, quantity }]
  })
  return [...Map.groupBy(sensors, ({ baseTopic }) => baseTopic)]
    .filter(([, group]) => group.length >= LEAST_FOUND)
    .map(([baseTopic, group]) => {
      const unclear = group.filter(({ quantity }) => /^(?:battery|grid)Power$/.test(quantity))
      const clear = new Map<NumberField, [string, MappedValue]>()
      for (const { sensor, quantity } of group) {
        // Of two sensors of one quantity the first: that they are to be added up is not known.
        if (!/^(?:battery|grid)Power$/.test(quantity) && !clear.has(quantity)) {
          clear.set(quantity, [sensor, { quantity }])
        }
      }
      return {
        found: group.length,
        proposal: {
          settings: {
            preset: 'home-assistant-statestream',
            ...(baseTopic !== 'homeassistant' && { baseTopic }),
            sensors: Object.fromEntries(clear.values()),
          },
          unclear: unclear.map(({ topic, quantity }) => ({ topic, quantity })),
        },
      }
    })
}
