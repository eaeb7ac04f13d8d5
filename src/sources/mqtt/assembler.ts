import { formatInstant, type Instant } from '../../database/instant.ts'
import type { NumberField } from '../../quantities.ts'
import { emptyReading } from '../../telemetry/reading.ts'
import type { Omission, SourceReadings } from '../source.ts'
import type { MappedNumber, MqttMapping } from './mqtt-mapping.ts'
import { numberIn, repeated, type Said, timeIn } from './payload.ts'

/** Now, by two clocks: the one that only goes forward says how long something takes, the other when it was. */
export interface Moment {
  /** Milliseconds of a clock that is never set. */
  ms: number
  instant: Instant
}

/** A message of a broker. */
export interface MqttMessage {
  topic: string
  payload: string
  /** Whether the broker had kept it when we subscribed, so that its age is unknown. */
  isRetained: boolean
}

/**
 * Makes readings of the newest values of topics that come one at a time. It has no timer and no clock of its own.
 *
 * - A value is **new** until a reading is made of it. A message that was retained has none, unless its payload has its
 *   own time.
 * - A reading is **due** when every topic that is awaited has a new value, or the window is over that began with the
 *   first new value; but no sooner than `every` after the last reading. At first every mapped topic is awaited; of one
 *   that had not come for `staleAfter` when a reading was made, none is, until it comes again.
 * - Its **time** is that of the topic mapped to time; without one, the latest of the own times of its new values; if
 *   none has any, the arrival of the first of its new values. Is the time the same as that of the last reading, or has
 *   the topic mapped to time no new value, then no reading is made.
 * - It has the newest value of each topic whose time, its own or its arrival, is at most `staleAfter` from the
 *   reading's (an arrival from that of the topic mapped to time, if there is one, since that may be sent late). A field
 *   of which a part is missing is null, and an omission says why. If all fields are, there is no reading.
 */
export interface Assembler {
  /** Takes a message in. Topics that are not mapped are ignored. */
  take(message: MqttMessage, now: Moment): void
  /** When a reading is due, in milliseconds of the first clock; undefined if nothing new came. */
  dueAt(): number | undefined
  /** Makes a reading of what there is; undefined if nothing new came, or it would be the same measurement again. */
  make(now: Moment): SourceReadings | undefined
  /** Forgets all values: those who sent them have said that they are not current. */
  forget(): void
}

/** What came of one part last. */
interface Value {
  said: Said
  /** When it was measured: by its payload, else when it came. */
  time: Instant
  hasOwnTime: boolean
}

/** What came on one topic last. */
interface Arrival {
  ms: number
  instant: Instant
  values: ReadonlyMap<MappedNumber, Value>
  /** Whether no reading was made of it yet. */
  isNew: boolean
}

interface ReadingTime {
  time: Instant
  /** The time from which that of a value without a time of its own may be `staleAfter` away. */
  arrival: Instant
}

export function openAssembler(mapping: MqttMapping, plantId: number): Assembler {
  const parts = [...mapping.fields.values()].flat()
  const partsByTopic = Map.groupBy(
    mapping.time === undefined ? parts : [...parts, mapping.time],
    ({ topic }) => topic,
  )
  const arrivals = new Map<string, Arrival>()
  const awaited = new Set(mapping.topics)
  /** When the first value came of which no reading was made yet. */
  let firstNewMs: number | undefined
  let lastMadeMs = Number.NEGATIVE_INFINITY
  let lastTime: Instant | undefined

  const lastOf = (part: MappedNumber): Value | undefined =>
    arrivals.get(part.topic)?.values.get(part)

  const timeOfReading = (): ReadingTime | undefined => {
    if (mapping.time !== undefined) {
      return timeByTopic(arrivals.get(mapping.time.topic), mapping.time)
    }
    const fresh = [...arrivals.values()].filter(({ isNew }) => isNew)
    const own = fresh.flatMap(({ values }) => ownTimes(values))
    const time =
      own.length > 0 ? Math.max(...own) : Math.min(...fresh.map(({ instant }) => instant))
    return { time, arrival: time }
  }

  return {
    take({ topic, payload, isRetained }, now) {
      const mapped = partsByTopic.get(topic)
      if (mapped === undefined) return
      const values = mapped.map((part): [MappedNumber, Value] => [
        part,
        part === mapping.time ? timeValue(part, payload, now) : valueIn(part, payload, now),
      ])
      const usable = values.filter(
        ([part, { hasOwnTime }]) => !isRetained || (hasOwnTime && part !== mapping.time),
      )
      if (usable.length === 0) return
      arrivals.set(topic, { ...now, values: new Map(usable), isNew: true })
      awaited.add(topic)
      firstNewMs ??= now.ms
    },
    dueAt() {
      if (firstNewMs === undefined) return undefined
      const isComplete = [...awaited].every((topic) => arrivals.get(topic)?.isNew === true)
      const ready = isComplete ? firstNewMs : firstNewMs + mapping.windowMs
      return Math.max(ready, lastMadeMs + mapping.everyMs)
    },
    make(now) {
      if (firstNewMs === undefined) return undefined
      const time = timeOfReading()
      for (const topic of mapping.topics) {
        const last = arrivals.get(topic)
        if (last === undefined || now.ms - last.ms > mapping.staleAfterMs) awaited.delete(topic)
        if (last !== undefined) last.isNew = false
      }
      firstNewMs = undefined
      lastMadeMs = now.ms
      if (time === undefined) return { readings: [], omitted: omitAll(mapping) }
      if (time.time === lastTime) return undefined
      lastTime = time.time
      return readingOf(mapping, plantId, time, lastOf)
    },
    forget() {
      arrivals.clear()
      firstNewMs = undefined
    },
  }
}

function valueIn(part: MappedNumber, payload: string, now: Moment): Value {
  const said = scaled(part, numberIn(payload, part.path), payload)
  if (part.timePath === undefined) return { said, time: now.instant, hasOwnTime: false }
  const own = timeIn(payload, part.timePath)
  if ('time' in own) return { said, time: own.time, hasOwnTime: true }
  return { said: own, time: now.instant, hasOwnTime: false }
}

function timeValue(part: MappedNumber, payload: string, now: Moment): Value {
  const own = timeIn(payload, part.path)
  if ('time' in own) return { said: { number: own.time }, time: own.time, hasOwnTime: true }
  return { said: own, time: now.instant, hasOwnTime: false }
}

function scaled(part: MappedNumber, said: Said, payload: string): Said {
  if ('missing' in said) return said
  const number = said.number * part.factor
  if (part.isMagnitude && number < 0) {
    return { missing: `said ${repeated(payload)}: expected a magnitude, 0 or more` }
  }
  return { number }
}

function timeByTopic(arrival: Arrival | undefined, part: MappedNumber): ReadingTime | undefined {
  const value = arrival?.values.get(part)
  if (arrival?.isNew !== true || value?.hasOwnTime !== true) return undefined
  return { time: value.time, arrival: arrival.instant }
}

function ownTimes(values: ReadonlyMap<MappedNumber, Value>): Instant[] {
  return [...values.values()].flatMap(({ hasOwnTime, time }) => (hasOwnTime ? time : []))
}

function readingOf(
  mapping: MqttMapping,
  plantId: number,
  time: ReadingTime,
  lastOf: (part: MappedNumber) => Value | undefined,
): SourceReadings {
  const reading = emptyReading(plantId, time.time)
  const omitted: Omission[] = []
  for (const [field, parts] of mapping.fields) {
    const sum = sumOf(parts, (part) => current(part, lastOf(part), time, mapping.staleAfterMs))
    if ('number' in sum) reading[field] = sum.number
    else omitted.push({ field, reason: sum.missing })
  }
  const isEmpty = omitted.length === mapping.fields.size
  return { readings: isEmpty ? [] : [reading], omitted }
}

/** Returns what a part says of this time: a value from long before or after it says nothing. */
function current(
  part: MappedNumber,
  value: Value | undefined,
  time: ReadingTime,
  staleAfterMs: number,
): Said {
  if (value === undefined) return { missing: `${part.topic} has not come yet` }
  const expected = value.hasOwnTime ? time.time : time.arrival
  if (Math.abs(value.time - expected) > staleAfterMs * 1000) {
    return {
      missing: `${part.topic} is of ${formatInstant(value.time)}, too far from ${formatInstant(expected)} to count`,
    }
  }
  if ('missing' in value.said) return { missing: `${part.topic} ${value.said.missing}` }
  return value.said
}

/** Returns the sum of all parts, or the first that is missing: a partial sum would be wrong. */
function sumOf(parts: readonly MappedNumber[], said: (part: MappedNumber) => Said): Said {
  let sum = 0
  for (const part of parts) {
    const one = said(part)
    if ('missing' in one) return one
    sum += part.sign * one.number
  }
  return { number: sum }
}

function omitAll({ fields, time }: MqttMapping): Omission[] {
  const reason = `${time?.topic}, which is the time of the readings, had no new time`
  return [...fields.keys()].map((field: NumberField) => ({ field, reason }))
}
