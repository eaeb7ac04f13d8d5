import { columnOf, numberFields, quantityOf } from '../../quantities.ts'
import type { Energy } from '../../telemetry/history/energy.ts'
import type { Plant } from '../../telemetry/plant.ts'
import { version } from '../../version.ts'

/** Where things of a plant are published. */
export interface PlantTopics {
  /** Whether Heliograph is connected: online or offline. */
  status: string
  /** Whether the plant has a reading that is not stale: online or offline. */
  availability: string
  /** The newest reading and today's energy, as JSON. */
  state: string
  /** What Home Assistant discovers. */
  config: string
}

/** The names of energies that Home Assistant shows; their sensors are in kWh since midnight of the plant. */
export const energyNames = {
  pv: 'PV energy today',
  load: 'Load energy today',
  gridImport: 'Grid import today',
  gridExport: 'Grid export today',
  batteryCharge: 'Battery charge today',
  batteryDischarge: 'Battery discharge today',
  generator: 'Generator energy today',
} as const satisfies Record<keyof Energy, string>

const deviceClasses = {
  '%': 'battery',
  W: 'power',
  V: 'voltage',
  A: 'current',
  '°C': 'temperature',
} as const

const signs = { battery: ' (+ discharging)', grid: ' (+ importing)' } as const

/**
 * Returns the discovery message of a plant: one device with a sensor for each quantity and each energy
 * (home-assistant.io: integrations/mqtt, device discovery payload). An energy of today is a `total` with the time of its
 * reset rather than `total_increasing`, since a reading that comes late can correct it downwards.
 */
export function discoveryOf(plant: Pick<Plant, 'id' | 'name'>, topics: PlantTopics): object {
  const id = `heliograph_${plant.id}`
  const quantities = numberFields.map((field) => {
    const { unit, sign } = quantityOf(field)
    return [
      columnOf[field],
      {
        p: 'sensor',
        unique_id: `${id}_${columnOf[field]}`,
        name: `${wordsOf(field)}${sign === undefined ? '' : signs[sign]}`,
        device_class: unit === null ? undefined : deviceClasses[unit],
        state_class: 'measurement',
        unit_of_measurement: unit ?? undefined,
        value_template: `{{ value_json.${field} }}`,
      },
    ] as const
  })
  const energies = Object.entries(energyNames).map(([name, words]) => [
    `today_${name}`,
    {
      p: 'sensor',
      unique_id: `${id}_today_${name}`,
      name: words,
      device_class: 'energy',
      state_class: 'total',
      unit_of_measurement: 'kWh',
      value_template: `{{ value_json.today.${name} }}`,
      last_reset_value_template: '{{ value_json.todaySince }}',
    },
  ])
  return {
    dev: {
      ids: [id],
      name: plant.name ?? `Plant ${plant.id}`,
      mf: 'Heliograph',
      sw: version,
    },
    o: { name: 'Heliograph', sw: version },
    cmps: Object.fromEntries([...quantities, ...energies]),
    state_topic: topics.state,
    availability: [{ topic: topics.status }, { topic: topics.availability }],
    availability_mode: 'all',
    qos: 1,
  }
}

/**
 * Returns the discovery message of the alerts: a device with one binary sensor, which is on while an alert is raised, and
 * has the list of them as an attribute.
 */
export function discoveryOfAlerts(topics: Pick<PlantTopics, 'status' | 'state'>): object {
  return {
    dev: { ids: ['heliograph_alerts'], name: 'Heliograph', mf: 'Heliograph', sw: version },
    o: { name: 'Heliograph', sw: version },
    cmps: {
      problem: {
        p: 'binary_sensor',
        unique_id: 'heliograph_alerts_problem',
        name: 'Problem',
        device_class: 'problem',
        value_template: '{{ value_json.problem }}',
        json_attributes_topic: topics.state,
      },
    },
    state_topic: topics.state,
    availability: [{ topic: topics.status }],
    qos: 1,
  }
}

/** `batteryPower` is `Battery power`, `pvToGrid` is `PV to grid`, `soc` is `State of charge`. */
function wordsOf(field: string): string {
  if (field === 'soc') return 'State of charge'
  const words = field.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return words.replace(/^pv/, 'PV').replace(/^./, (letter) => letter.toUpperCase())
}
