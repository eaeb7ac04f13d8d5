import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openAssembler } from '../../../src/sources/mqtt/assembler.ts'
import { type MqttMapping, mappingOf } from '../../../src/sources/mqtt/mqtt-mapping.ts'
import { mqttSettings } from '../../../src/sources/mqtt/mqtt-settings.ts'

const START = Date.UTC(2026, 5, 21, 12) * 1000
const WINDOW = 10
const EVERY = 5
const STALE = 30

/** `soc` is one topic, `strings/1` and `strings/2` are a sum, `volts` has its own time. Milliseconds instead of seconds. */
const mapping: MqttMapping = {
  ...mappingOf(
    mqttSettings.parse({
      url: 'mqtt://localhost',
      topics: {
        soc: { quantity: 'soc' },
        'strings/1': { quantity: 'pvPower', add: true },
        'strings/2': { quantity: 'pvPower', add: true },
        volts: { quantity: 'batteryVoltage', path: 'v', timePath: 't' },
      },
    }),
  ),
  windowMs: WINDOW,
  everyMs: EVERY,
  staleAfterMs: STALE,
}
const topics = ['soc', 'strings/1', 'strings/2', 'volts'] as const

interface Event {
  ms: number
  topic: (typeof topics)[number]
  value: number | null
  isRetained: boolean
  /** Milliseconds by which `volts` was measured before it came. */
  delay: number
}

interface Made {
  ms: number
  time: number
  soc: number | null
  pvPower: number | null
  batteryVoltage: number | null
}

const eventsOf = fc
  .array(
    fc.record({
      gap: fc.oneof(
        fc.constant(0),
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: 0, max: 60 }),
      ),
      topic: fc.constantFrom(...topics),
      value: fc.option(fc.integer({ min: 0, max: 99 }), { freq: 6 }),
      retainedToo: fc.integer({ min: 0, max: 9 }),
      delay: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 80 })),
    }),
    { maxLength: 40, size: 'max' },
  )
  .map((steps) => {
    let ms = 0
    return steps.map(({ gap, retainedToo, ...step }): Event => {
      ms += gap
      return { ...step, ms, isRetained: retainedToo === 0 }
    })
  })

/** How long after the last message is looked: longer than any window. */
const REST = 100

function assemble(events: readonly Event[]): Made[] {
  const assembler = openAssembler(mapping, 7)
  const made: Made[] = []
  const makeIfDue = (ms: number) => {
    if ((assembler.dueAt() ?? Number.POSITIVE_INFINITY) > ms) return
    const [reading] = assembler.make({ ms, instant: START + ms * 1000 })?.readings ?? []
    if (reading === undefined) return
    const { timestamp, soc, pvPower, batteryVoltage } = reading
    made.push({ ms, time: (timestamp - START) / 1000, soc, pvPower, batteryVoltage })
  }
  for (let ms = 0; ms <= (events.at(-1)?.ms ?? 0) + REST; ms++) {
    makeIfDue(ms)
    for (const { topic, value, isRetained, delay } of events.filter((event) => event.ms === ms)) {
      const number = value ?? 'unavailable'
      const t = new Date(START / 1000 + ms - delay).toISOString()
      const payload = topic === 'volts' ? JSON.stringify({ v: number, t }) : String(number)
      assembler.take({ topic, payload, isRetained }, { ms, instant: START + ms * 1000 })
      makeIfDue(ms)
    }
  }
  return made
}

/** The same from the sentences that describe it: at each millisecond everything is worked out anew from all messages. */
function assembleSlowly(events: readonly Event[]): Made[] {
  const made: Made[] = []
  const taken: Event[] = []
  let used = 0
  let lastMs: number | undefined
  let lastTime: number | undefined
  const timeOf = (event: Event) => (event.topic === 'volts' ? event.ms - event.delay : event.ms)
  const newest = (of: readonly Event[], topic: string) =>
    of.findLast((event) => event.topic === topic)

  const lookAt = (ms: number) => {
    const fresh = taken.slice(used)
    const [first] = fresh
    if (first === undefined) return
    const awaited = topics.filter((topic) => {
      if (lastMs === undefined || newest(fresh, topic)) return true
      const before = newest(taken.slice(0, used), topic)
      return before !== undefined && lastMs - before.ms <= STALE
    })
    const isComplete = awaited.every((topic) => newest(fresh, topic))
    if (!isComplete && ms < first.ms + WINDOW) return
    if (lastMs !== undefined && ms < lastMs + EVERY) return
    const newestOfEach = topics.flatMap((topic) => newest(fresh, topic) ?? [])
    const own = newestOfEach.filter(({ topic }) => topic === 'volts').map(timeOf)
    const time = own[0] ?? Math.min(...newestOfEach.map((event) => event.ms))
    used = taken.length
    lastMs = ms
    if (time === lastTime) return
    lastTime = time
    const value = (topic: string) => {
      const event = newest(taken, topic)
      return event && Math.abs(timeOf(event) - time) <= STALE ? event.value : null
    }
    const [one, two] = [value('strings/1'), value('strings/2')]
    const pvPower = one === null || two === null ? null : one + two
    const values = { soc: value('soc'), pvPower, batteryVoltage: value('volts') }
    if (Object.values(values).some((one) => one !== null)) made.push({ ms, time, ...values })
  }

  for (let ms = 0; ms <= (events.at(-1)?.ms ?? 0) + REST; ms++) {
    lookAt(ms)
    for (const event of events.filter((one) => one.ms === ms)) {
      if (!event.isRetained || event.topic === 'volts') taken.push(event)
      lookAt(ms)
    }
  }
  return made
}

test('readings are what the description says, in whatever order, gaps and repeats the topics come', () => {
  let most = 0
  fc.assert(
    fc.property(eventsOf, (events) => {
      const made = assemble(events)
      most = Math.max(most, made.length)
      expect(made).toEqual(assembleSlowly(events))
    }),
    { numRuns: 400 },
  )
  // The property says nothing if hardly anything is made.
  expect(most).toBeGreaterThan(5)
})

test('no two readings are made within the shortest time between them', () => {
  fc.assert(
    fc.property(eventsOf, (events) => {
      const times = assemble(events).map(({ ms }) => ms)
      for (const [index, ms] of times.entries()) {
        expect(ms - (times[index - 1] ?? -EVERY)).toBeGreaterThanOrEqual(EVERY)
      }
    }),
  )
})

/** Messages of given milliseconds. */
const came = (ms: number, topic: Event['topic'], value: number | null): Event => ({
  ms,
  topic,
  value,
  isRetained: false,
  delay: 0,
})

test('a reading is made as soon as all topics have come, with the time of the first', () => {
  const burst = [
    came(3, 'soc', 80),
    came(4, 'strings/1', 100),
    came(5, 'strings/2', 20),
    came(6, 'volts', 53),
  ]
  expect(assemble(burst)).toEqual([
    // The time of `volts` is its own.
    { ms: 6, time: 6, soc: 80, pvPower: 120, batteryVoltage: 53 },
  ])
  expect(assemble(burst.slice(0, 3))).toEqual([
    { ms: 13, time: 3, soc: 80, pvPower: 120, batteryVoltage: null },
  ])
})

test('a sum of which one part went stale is not measured, and the reason names the topic', () => {
  const assembler = openAssembler(mapping, 7)
  const at = (ms: number) => ({ ms, instant: START + ms * 1000 })
  const say = (ms: number, topic: string, payload: string) =>
    assembler.take({ topic, payload, isRetained: false }, at(ms))
  say(0, 'strings/1', '100')
  say(1, 'strings/2', '20')
  expect(assembler.make(at(10))?.readings[0]?.pvPower).toBe(120)
  say(31, 'strings/1', '110')
  expect(assembler.make(at(41))?.readings[0]?.pvPower).toBe(130)
  say(62, 'strings/1', '90')
  say(62, 'soc', '80')
  const { readings, omitted } = assembler.make(at(72)) ?? {}
  expect(readings?.[0]?.pvPower).toBeNull()
  expect(omitted?.find(({ field }) => field === 'pvPower')?.reason).toBe(
    'strings/2 is of 2026-06-21T12:00:00.001000Z, too far from 2026-06-21T12:00:00.062000Z to count',
  )
  expect(omitted?.find(({ field }) => field === 'batteryVoltage')?.reason).toBe(
    'volts has not come yet',
  )
})

test('if nothing of what came is a measurement, there is no reading but the reasons', () => {
  const assembler = openAssembler(mapping, 7)
  assembler.take(
    { topic: 'soc', payload: 'unavailable', isRetained: false },
    { ms: 0, instant: START },
  )
  expect(assembler.make({ ms: 10, instant: START + 10_000 })).toMatchObject({
    readings: [],
    omitted: [
      { field: 'soc', reason: 'soc said "unavailable"' },
      { field: 'pvPower', reason: 'strings/1 has not come yet' },
      { field: 'batteryVoltage', reason: 'volts has not come yet' },
    ],
  })
})

test('what was forgotten is in no reading, and makes none', () => {
  const assembler = openAssembler(mapping, 7)
  const at = (ms: number) => ({ ms, instant: START + ms * 1000 })
  assembler.take({ topic: 'soc', payload: '80', isRetained: false }, at(0))
  assembler.forget()
  expect(assembler.dueAt()).toBeUndefined()
  expect(assembler.make(at(20))).toBeUndefined()
  for (const topic of ['strings/1', 'strings/2']) {
    assembler.take({ topic, payload: '5', isRetained: false }, at(30))
  }
  expect(assembler.make(at(40))?.readings).toMatchObject([{ soc: null, pvPower: 10 }])
})

const timed = mappingOf(
  mqttSettings.parse({
    url: 'mqtt://localhost',
    topics: { power: { quantity: 'pvPower' }, at: { quantity: 'time' } },
  }),
)

test('a topic mapped to time gives the time; a reading without it is not made, and says why', () => {
  const assembler = openAssembler(timed, 7)
  const at = (ms: number) => ({ ms, instant: START + ms * 1000 })
  const say = (ms: number, topic: string, payload: string, isRetained = false) =>
    assembler.take({ topic, payload, isRetained }, at(ms))
  // Sent five minutes after it was measured.
  say(300_000, 'power', '1500')
  say(300_010, 'at', String(START / 1_000_000))
  expect(assembler.dueAt()).toBe(300_000)
  expect(assembler.make(at(300_010))).toMatchObject({
    readings: [{ timestamp: START, pvPower: 1500 }],
    omitted: [],
  })
  // Retained, it could be the time of other values.
  say(310_000, 'at', String(START / 1_000_000 + 10), true)
  expect(assembler.dueAt()).toBeUndefined()
  say(310_001, 'power', '1600')
  expect(assembler.make(at(320_001))).toEqual({
    readings: [],
    omitted: [
      { field: 'pvPower', reason: 'at, which is the time of the readings, had no new time' },
    ],
  })
})
