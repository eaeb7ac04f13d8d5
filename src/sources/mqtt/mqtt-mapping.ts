import { Fault } from '../../fault.ts'
import type { NumberField } from '../../quantities.ts'
import type { CounterName, CounterSpan } from '../../telemetry/counters/counter.ts'
import { isSide, sides } from '../sides.ts'
import { type MqttPreset, mqttPresets } from './mqtt-presets.ts'
import type { MappedValue, MqttSettings } from './mqtt-settings.ts'

/** One number of a topic, and what it means. */
export interface MappedNumber {
  topic: string
  /** In a JSON payload; undefined if the payload is the number. */
  path: string | undefined
  timePath: string | undefined
  /** By which the number becomes one in Heliograph's unit and sign. */
  factor: number
  /** Whether it is a magnitude: less than 0 is not one. */
  isMagnitude: boolean
  /** What its number, once multiplied, counts for in the sum of its field. */
  sign: 1 | -1
}

/** A topic that tells what an inverter counts. */
export interface MappedCounter {
  topic: string
  energy: CounterName
  span: CounterSpan
  /** In a JSON payload; undefined if the payload is the number. */
  path: string | undefined
  timePath: string | undefined
  /** By which the number becomes kWh. */
  factor: number
}

/** What the topics of a plant are. */
export interface MqttMapping {
  /** The parts of which each field is the sum, in no case empty. */
  fields: ReadonlyMap<NumberField, readonly MappedNumber[]>
  /** Where the time of measurement comes from, if a topic of its own has it. */
  time: MappedNumber | undefined
  /** Every topic that is mapped to a quantity or the time. */
  topics: ReadonlySet<string>
  counters: readonly MappedCounter[]
  /** Filters of the topics that say whether the values are current. */
  availability: readonly string[]
  windowMs: number
  everyMs: number
  staleAfterMs: number
  /** How often a reading is to be expected. */
  expectedEveryMs: number
}

/** Windows for which a value counts. */
const STALE_WINDOWS = 10

/** Returns what the topics of the settings are. Throws a `Fault` that names the setting if they do not fit together. */
export function mappingOf(settings: MqttSettings): MqttMapping {
  const preset = mqttPresets.find(({ name }) => name === settings.preset)
  requireFitting(settings, preset)
  const entries = [
    ...(preset === undefined ? [] : topicsOf(preset, settings)),
    ...entriesOf(settings.topics ?? {}),
  ]
  const times = entries.filter(({ value }) => value.quantity === 'time')
  if (times.length > 1) {
    throw refused(`several topics are the time: ${namesOf(times)}. Map one to time`)
  }
  const [time] = times
  const { window: windowMs, every: everyMs } = settings
  return {
    fields: fieldsOf(entries.filter((entry) => entry !== time)),
    time: time && partOf(time),
    topics: new Set(entries.map(({ topic }) => topic)),
    counters: countersOf(settings, preset),
    availability:
      settings.availability ??
      (preset?.availability ?? []).map((filter) => filledIn(filter, settings, preset)),
    windowMs,
    everyMs,
    staleAfterMs: settings.staleAfter ?? preset?.staleAfterMs ?? STALE_WINDOWS * windowMs,
    expectedEveryMs: Math.max(windowMs, everyMs, preset?.expectedEveryMs ?? 0),
  }
}

interface Entry {
  topic: string
  value: MappedValue
}

function requireFitting(settings: MqttSettings, preset: MqttPreset | undefined): void {
  for (const need of preset?.needs ?? []) {
    if (settings[need] === undefined) throw refused(`the preset ${preset?.name} needs ${need}`)
  }
  for (const name of ['baseTopic', 'prefix', 'pvStrings', 'inverters', 'sensors'] as const) {
    const belongs = name === 'baseTopic' ? preset !== undefined : preset?.needs.includes(name)
    if (settings[name] !== undefined && belongs !== true) {
      throw refused(`${name} does not belong to ${preset ? `the preset ${preset.name}` : 'topics'}`)
    }
  }
  const protocol = new URL(settings.url).protocol
  if (settings.tls !== undefined && protocol !== 'mqtts:' && protocol !== 'wss:') {
    throw refused(`tls needs an address with mqtts:// or wss://, and url has ${protocol}//`)
  }
  if (settings.passwordVariable !== undefined && settings.username === undefined) {
    throw refused('passwordVariable needs a username')
  }
}

function topicsOf(preset: MqttPreset, settings: MqttSettings): Entry[] {
  const entries = preset.topics.flatMap(([template, value]) => {
    const topic = filledIn(template, settings, preset)
    const [place, most] = topic.includes('{string}')
      ? ['{string}', settings.pvStrings ?? 1]
      : ['{inverter}', settings.inverters ?? 1]
    if (!topic.includes(place)) return [{ topic, value }]
    return Array.from({ length: most }, (_, index) => ({
      topic: topic.replace(place, String(index + 1)),
      value: { ...value, add: true },
    }))
  })
  const base = `${settings.baseTopic ?? preset.baseTopics[0]}/sensor`
  const sensors = entriesOf(settings.sensors ?? {}).map(({ topic, value }) => ({
    topic: `${base}/${topic.replace(/^sensor\./, '')}/state`,
    value,
  }))
  return [...entries, ...sensors]
}

function countersOf(settings: MqttSettings, preset: MqttPreset | undefined): MappedCounter[] {
  const ofPreset = (preset?.counters ?? []).map(([template, counter]) => ({
    topic: filledIn(template, settings, preset),
    counter,
  }))
  const own = Object.entries(settings.counters ?? {}).flatMap(([topic, counters]) =>
    [counters].flat().map((counter) => ({ topic, counter })),
  )
  // Those of the settings take the place of those of the preset.
  const taken = new Set(own.map(({ counter: { energy, span } }) => `${span} ${energy}`))
  const rest = ofPreset.filter(({ counter: { energy, span } }) => !taken.has(`${span} ${energy}`))
  return [...rest, ...own].map(({ topic, counter: { energy, span, path, scale, timePath } }) => ({
    topic,
    energy,
    span: span === 'today' ? 'TODAY' : 'TOTAL',
    path,
    timePath,
    factor: scale ?? 1,
  }))
}

function filledIn(
  template: string,
  settings: MqttSettings,
  preset: MqttPreset | undefined,
): string {
  return template
    .replace('{baseTopic}', settings.baseTopic ?? preset?.baseTopics[0] ?? '')
    .replace('{prefix}', settings.prefix ?? '')
}

function entriesOf(record: Record<string, MappedValue | MappedValue[]>): Entry[] {
  return Object.entries(record).flatMap(([topic, values]) =>
    [values].flat().map((value) => ({ topic, value })),
  )
}

function fieldsOf(entries: readonly Entry[]): Map<NumberField, MappedNumber[]> {
  if (entries.length === 0) throw refused('no topic is mapped: set a preset or topics')
  const byField = new Map<NumberField, Entry[]>()
  for (const entry of entries) {
    byField.getOrInsertComputed(fieldOf(entry), () => []).push(entry)
  }
  const fields = new Map<NumberField, MappedNumber[]>()
  for (const [field, parts] of byField) {
    requireOneMeaning(field, parts)
    fields.set(field, parts.map(partOf))
  }
  return fields
}

function fieldOf({ value: { quantity } }: Entry): NumberField {
  if (quantity === 'time') throw new RangeError('time is not a quantity')
  return isSide(quantity) ? sides[quantity].field : quantity
}

/** A field is one number, or a sum that says so, or both sides of a power: one side alone leaves the other unknown. */
function requireOneMeaning(field: NumberField, entries: readonly Entry[]): void {
  const byQuantity = Map.groupBy(entries, ({ value }) => value.quantity)
  for (const [quantity, same] of byQuantity) {
    if (same.length > 1 && same.some(({ value }) => value.add !== true)) {
      throw refused(
        `${namesOf(same)} are both ${quantity}. Leave one, or set add on each if they are to be added up`,
      )
    }
  }
  const sidesThere = [...byQuantity.keys()].filter(isSide)
  if (sidesThere.length === 0) return
  if (byQuantity.has(field)) {
    throw refused(`${namesOf(entries)} are both ${field} and ${sidesThere.join(' and ')}`)
  }
  if (sidesThere.length < 2) {
    const other = Object.keys(sides)
      .filter(isSide)
      .find((side) => sides[side].field === field && !byQuantity.has(side))
    throw refused(
      `${sidesThere[0]} is mapped without ${other}. Map both; or if ${sidesThere[0]} is all there is, map it to ${field}`,
    )
  }
}

function partOf({ topic, value }: Entry): MappedNumber {
  const { quantity, path, timePath, scale = 1, invert = false } = value
  if (quantity === 'time' && (scale !== 1 || invert)) {
    throw refused(`${topic} is the time, which has neither scale nor invert`)
  }
  return {
    topic,
    path,
    timePath,
    factor: invert ? -scale : scale,
    isMagnitude: isSide(quantity),
    sign: isSide(quantity) ? sides[quantity].factor : 1,
  }
}

function namesOf(entries: readonly Entry[]): string {
  return entries
    .map(({ topic, value }) => (value.path === undefined ? topic : `${topic} (${value.path})`))
    .join(' and ')
}

function refused(what: string): Fault {
  return new Fault('CONFIGURATION_INVALID', `The settings of an MQTT source do not fit: ${what}.`)
}
