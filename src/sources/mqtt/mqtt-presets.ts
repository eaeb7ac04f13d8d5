import { counterNames } from '../../telemetry/counters/counter.ts'
import type {
  MappedCounterSetting,
  MappedValue,
  MqttPresetName,
  MqttSettings,
} from './mqtt-settings.ts'

/**
 * The topics of a program that publishes an inverter. `{baseTopic}`, `{prefix}` and `{sensor}` in a topic stand for
 * settings; a topic with `{string}` or `{inverter}` stands for one each, from 1 to the setting, and they are added up.
 */
export interface MqttPreset {
  name: MqttPresetName
  /** The first is taken if the setting `baseTopic` is left out; by the others the preset is recognised, too. */
  baseTopics: readonly [string, ...string[]]
  /** The settings without which the topics are not known. */
  needs: readonly (keyof MqttSettings)[]
  topics: readonly (readonly [topic: string, value: MappedValue])[]
  counters: readonly (readonly [topic: string, counter: MappedCounterSetting])[]
  availability: readonly string[]
  /** How long a value counts, if not for ten windows. */
  staleAfterMs?: number
  /** How often readings are to be expected, if not once a window. */
  expectedEveryMs?: number
}

/** The presets. Each names where its topics were seen. */
export const mqttPresets: readonly MqttPreset[] = [
  {
    // kellerza/sunsynk: src/ha_addon_sunsynk_multi/a_sensor.py (topics), src/sunsynk/definitions/single_phase.py (ids
    // and signs, those of the registers), www/docs/reference/schedules.md: W every 60 s or on a change by 80 W,
    // other units every 300 s, not on a change. So a value counts for two of these and a minute.
    name: 'sunsynk',
    baseTopics: ['SS', 'SUNSYNK/status'],
    needs: ['prefix', 'pvStrings'],
    topics: [
      ['{baseTopic}/{prefix}/battery_soc', { quantity: 'soc' }],
      ['{baseTopic}/{prefix}/battery_power', { quantity: 'batteryPower' }],
      ['{baseTopic}/{prefix}/battery_voltage', { quantity: 'batteryVoltage' }],
      ['{baseTopic}/{prefix}/battery_current', { quantity: 'batteryCurrent' }],
      ['{baseTopic}/{prefix}/battery_temperature', { quantity: 'batteryTemperature' }],
      ['{baseTopic}/{prefix}/grid_power', { quantity: 'gridPower' }],
      ['{baseTopic}/{prefix}/load_power', { quantity: 'loadPower' }],
      ['{baseTopic}/{prefix}/pv{string}_power', { quantity: 'pvPower' }],
      ['{baseTopic}/{prefix}/radiator_temperature', { quantity: 'inverterTemperature' }],
    ],
    // Also in three_phase_common.py; "Day Battery Charge" is day_battery_charge.
    counters: [...sunsynkCounters('day', 'today'), ...sunsynkCounters('total', 'total')],
    // Such as SS/availability_1_ss1, or SUNSYNK/status/<serial number>/availability. A client has one last will, which
    // speaks for all topics of the add-on.
    availability: ['{baseTopic}/+', '{baseTopic}/{prefix}/availability'],
    staleAfterMs: 11 * 60_000,
    expectedEveryMs: 60_000,
  },
  {
    // FACTS of Sol-Ark; JRGTH/mqtt_ups_sched (README) lists topics. The battery is + charging there.
    name: 'solar-assistant',
    baseTopics: ['solar_assistant'],
    needs: ['inverters'],
    topics: [
      ['{baseTopic}/total/battery_state_of_charge/state', { quantity: 'soc' }],
      ['{baseTopic}/total/battery_power/state', { quantity: 'batteryPower', invert: true }],
      ['{baseTopic}/inverter_1/battery_voltage/state', { quantity: 'batteryVoltage' }],
      ['{baseTopic}/inverter_{inverter}/grid_power/state', { quantity: 'gridPower' }],
      ['{baseTopic}/inverter_{inverter}/load_power/state', { quantity: 'loadPower' }],
      ['{baseTopic}/inverter_{inverter}/pv_power/state', { quantity: 'pvPower' }],
      ['{baseTopic}/total/battery_temperature/state', { quantity: 'batteryTemperature' }],
      ['{baseTopic}/inverter_1/temperature/state', { quantity: 'inverterTemperature' }],
    ],
    counters: [],
    availability: [],
  },
  {
    // home-assistant/core: homeassistant/components/mqtt_statestream/__init__.py. A state is sent when it changes, and
    // holds until then: an hour is long enough for a state of charge at night, and short enough for a sensor that
    // hangs. Home Assistant's own availability is its birth and last will message.
    name: 'home-assistant-statestream',
    baseTopics: ['homeassistant'],
    needs: ['sensors'],
    topics: [],
    counters: [],
    availability: ['homeassistant/status'],
    staleAfterMs: 60 * 60_000,
    expectedEveryMs: 60_000,
  },
]

function sunsynkCounters(
  prefix: string,
  span: MappedCounterSetting['span'],
): [string, MappedCounterSetting][] {
  const ids = {
    pv: 'pv_energy',
    load: 'load_energy',
    gridImport: 'grid_import',
    gridExport: 'grid_export',
    batteryCharge: 'battery_charge',
    batteryDischarge: 'battery_discharge',
  } as const
  return counterNames
    .filter((energy) => energy !== 'generator')
    .map((energy) => [`{baseTopic}/{prefix}/${prefix}_${ids[energy]}`, { energy, span }])
}
