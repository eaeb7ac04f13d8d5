import { instantOf } from '../../database/instant.ts'
import type { ListeningSource, SourceContext, SourceKind, SourceReadings } from '../source.ts'
import { type Assembler, type Moment, type MqttMessage, openAssembler } from './assembler.ts'
import { connectToBroker } from './broker.ts'
import { CounterTopics } from './counter-topics.ts'
import { type MqttMapping, mappingOf } from './mqtt-mapping.ts'
import { type MqttSettings, mqttSettings } from './mqtt-settings.ts'
import { matches } from './topic-filter.ts'

/** Readings from the topics of an MQTT broker. */
export const mqttKind: SourceKind<MqttSettings> = {
  kind: 'mqtt',
  settings: mqttSettings,
  everyMs: (settings) => mappingOf(settings).expectedEveryMs,
  open: openMqttSource,
}

function openMqttSource(settings: MqttSettings, context: SourceContext): ListeningSource {
  const mapping = mappingOf(settings)
  return {
    originOf: (field) => {
      const names = mapping.fields
        .get(field)
        ?.map(({ topic, path }) => (path === undefined ? topic : `${topic} (${path})`))
      return names && `topic ${names.join(' + ')}`
    },
    listen: async (deliver, signal) => {
      await using broker = await connectToBroker(settings, context.secret, signal)
      if (broker === undefined) return
      using rounds = openRounds(openAssembler(mapping, context.plantId), deliver)
      const counterTopics = new CounterTopics(mapping.counters)
      const availability = followAvailability(mapping, context, () => {
        rounds.forget()
        counterTopics.forget()
      })
      const topics = new Set([...mapping.topics, ...mapping.counters.map(({ topic }) => topic)])
      const subscribed = broker.subscribe([...topics, ...mapping.availability], (message) => {
        if (mapping.topics.has(message.topic)) rounds.take(message)
        const counters = counterTopics.take(message, moment())
        if (counters.length > 0) rounds.give({ readings: [], omitted: [], counters })
        availability(message)
      })
      const failed = Promise.race([subscribed.then(() => rounds.failed), rounds.failed])
      const fault = await Promise.race([broker.ended, failed])
      if (signal.aborted) return
      // What came before the connection was lost was measured then.
      rounds.finish()
      if (fault !== undefined) throw fault
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

/** The assembler at work: delivers each reading when it is due. */
interface Rounds extends Disposable {
  take(message: MqttMessage): void
  /** Delivers what is no reading. */
  give(given: SourceReadings): void
  /** Drops all values. */
  forget(): void
  /** Delivers a reading of the values of which there was none yet: the end of the connection ends their window. */
  finish(): void
  /** Rejects with what `deliver` throws. */
  readonly failed: Promise<never>
}

function openRounds(
  assembler: Assembler,
  deliver: Parameters<ListeningSource['listen']>[0],
): Rounds {
  const failed = Promise.withResolvers<never>()
  let timer: NodeJS.Timeout | undefined
  /** Makes the reading that is due, or sets the timer for it. */
  const proceed = () => {
    clearTimeout(timer)
    const now = moment()
    const dueAt = assembler.dueAt()
    if (dueAt === undefined) return
    if (dueAt > now.ms) timer = setTimeout(proceed, Math.ceil(dueAt - now.ms))
    else make(now)
  }
  const make = (now: Moment) => {
    const made = assembler.make(now)
    if (made !== undefined) give(made)
  }
  const give = (given: SourceReadings) => {
    try {
      deliver(given)
    } catch (error) {
      failed.reject(error)
    }
  }
  return {
    failed: failed.promise,
    take: (message) => {
      assembler.take(message, moment())
      proceed()
    },
    give,
    forget: () => {
      assembler.forget()
      proceed()
    },
    finish: () => {
      make(moment())
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  }
}

function moment(): Moment {
  return { ms: performance.now(), instant: instantOf(new Date()) }
}

/** Returns what takes the messages that say whether the values are current, and forgets them at once if they are not. */
function followAvailability(
  { availability }: MqttMapping,
  { log, name }: SourceContext,
  forget: () => void,
): (message: MqttMessage) => void {
  const offline = new Set<string>()
  return ({ topic, payload }) => {
    if (!availability.some((filter) => matches(filter, topic))) return
    const state = payload.trim().toLowerCase()
    if (state === 'offline') {
      forget()
      if (!offline.has(topic)) log.warn(`Source ${name}: ${topic} says offline`)
      offline.add(topic)
    } else if (state === 'online' && offline.delete(topic)) {
      log.info(`Source ${name}: ${topic} says online again`)
    }
  }
}
