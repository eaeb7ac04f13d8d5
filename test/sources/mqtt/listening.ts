import { Writable } from 'node:stream'
import { pino } from 'pino'
import { Fault } from '../../../src/fault.ts'
import { mqttKind } from '../../../src/sources/mqtt/mqtt-kind.ts'
import type { ListeningSource, SourceReadings } from '../../../src/sources/source.ts'
import type { CounterReading } from '../../../src/telemetry/counters/counter.ts'
import type { Reading } from '../../../src/telemetry/reading.ts'

/** An MQTT source that is listening. Disposing stops it. */
export interface Listening extends AsyncDisposable {
  /** What it gave next, but for counters alone; rejects with what `listen` rejects. */
  next(): Promise<SourceReadings>
  /** The one reading of it. */
  reading(): Promise<Reading>
  /** All that it gave of counters. */
  readonly counters: readonly CounterReading[]
  /** Resolves when `listen` does; rejects with what it rejects. */
  readonly ended: Promise<void>
  stop(): void
  readonly logged: readonly string[]
}

export const PLANT = 7

export function openSource(
  settings: object,
  secrets: Readonly<Record<string, string>> = {},
  logged: string[] = [],
): ListeningSource {
  const destination = new Writable({
    write: (line, _encoding, done) => {
      logged.push(JSON.parse(String(line)).msg)
      done()
    },
  })
  const source = mqttKind.open(mqttKind.settings.parse(settings), {
    name: 'house',
    plantId: PLANT,
    secret: (variable) => {
      const secret = secrets[variable]
      if (secret === undefined) throw new Fault('CONFIGURATION_INVALID', `${variable} is not set`)
      return secret
    },
    log: pino(destination),
  })
  if (!('listen' in source)) throw new Error('An MQTT source listens')
  return source
}

/** Opens a source and begins to listen; whoever calls waits until the broker has subscribed it. */
export function listenTo(
  settings: object,
  secrets: Readonly<Record<string, string>> = {},
): Listening {
  const logged: string[] = []
  const source = openSource(settings, secrets, logged)
  const stop = new AbortController()
  const given: SourceReadings[] = []
  const wishes: ((readings: SourceReadings) => void)[] = []
  const counters: CounterReading[] = []
  const ended = source.listen((readings) => {
    counters.push(...(readings.counters ?? []))
    if (readings.readings.length + readings.omitted.length === 0) return
    const wish = wishes.shift()
    if (wish) wish(readings)
    else given.push(readings)
  }, stop.signal)
  ended.catch(() => {})
  const next = async () => {
    const first = given.shift()
    if (first !== undefined) return first
    const { promise, resolve } = Promise.withResolvers<SourceReadings>()
    wishes.push(resolve)
    const over = ended.then(() => {
      throw new Error('listen resolved')
    })
    return await Promise.race([promise, over])
  }
  return {
    next,
    reading: async () => {
      const { readings } = await next()
      const [reading] = readings
      if (reading === undefined || readings.length > 1) {
        throw new Error(`${readings.length} readings`)
      }
      return reading
    },
    ended,
    counters,
    stop: () => stop.abort(),
    logged,
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await ended.catch(() => {})
      await source[Symbol.asyncDispose]()
    },
  }
}
