import { setTimeout as sleep } from 'node:timers/promises'
import type { RaisedAlert } from '../../alerts/alert.ts'
import { formatInstant } from '../../database/instant.ts'
import { numberFields, recordOf } from '../../quantities.ts'
import { type Broker, connectToBroker } from '../../sources/mqtt/broker.ts'
import { isRefusal, pauseAfterRefusals } from '../../sources/refusal.ts'
import type { SourceContext } from '../../sources/source.ts'
import type { EnergyPeriod } from '../../telemetry/history/energy.ts'
import type { Plant } from '../../telemetry/plant.ts'
import { measured } from '../../telemetry/reading.ts'
import { discoveryOf, discoveryOfAlerts, type PlantTopics } from './discovery.ts'
import type { HomeAssistantSettings } from './home-assistant-settings.ts'

/** Where the output gets what it publishes. */
export interface HomeAssistantData {
  /** Every plant to be published, with its newest reading. */
  readPlants(): Promise<Plant[]>
  /** Whether a plant has fallen silent, and so is unavailable. */
  hasFallenSilent(plant: Plant): Promise<boolean>
  /** The energy of a plant since midnight by its clock, which is `start`. */
  readToday(plantId: number): Promise<Today>
  /** What is wrong and was told; undefined: that cannot be known, and nothing is published about it. */
  readAlerts(): Promise<RaisedAlert[] | undefined>
}

type Today = Pick<EnergyPeriod, 'start' | 'energy'>

/** A lost connection is made again after so long. */
const RETRY_MS = 5000

/**
 * Publishes the newest reading and today's kWh of each plant for Home Assistant, which shows each as a device. Values
 * are those of the API; what was not measured is unknown there. The states:
 * - CONNECTING: what fails is tried again every five seconds. After a wrong password, which may lock the account, it is
 *   ten minutes, then twice that, up to six hours.
 * - PUBLISHING: every `every` all plants; a discovery message, and the raised alerts, when they are others than before.
 * - FAILING: connecting, reading or publishing failed. It is logged once, and once more when it works again. The
 *   connection is closed, so that the broker publishes the last will and the devices are unavailable.
 * Disposing ends it, with the last will, too.
 */
export function startHomeAssistantOutput(
  settings: HomeAssistantSettings,
  context: Pick<SourceContext, 'secret' | 'log'>,
  data: HomeAssistantData,
): AsyncDisposable {
  const stop = new AbortController()
  const running = run(settings, context, data, stop.signal)
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await running
    },
  }
}

async function run(
  settings: HomeAssistantSettings,
  { secret, log }: Pick<SourceContext, 'secret' | 'log'>,
  data: HomeAssistantData,
  signal: AbortSignal,
): Promise<void> {
  let isFailing = false
  let refusals = 0
  const onPublished = () => {
    if (isFailing) log.info('Readings are published for Home Assistant again')
    isFailing = false
    refusals = 0
  }
  while (!signal.aborted) {
    try {
      const will = { topic: statusTopic(settings), payload: 'offline' }
      await using broker = await connectToBroker(settings, secret, signal, will)
      if (broker !== undefined)
        await publishWhileConnected(broker, settings, data, signal, onPublished)
    } catch (error) {
      if (!isFailing) {
        log.warn({ err: error }, 'Readings cannot be published for Home Assistant; retrying')
      }
      isFailing = true
      refusals = isRefusal(error) ? refusals + 1 : 0
      await pause(refusals > 0 ? pauseAfterRefusals(refusals) : RETRY_MS, signal)
    }
  }
}

async function publishWhileConnected(
  broker: Broker,
  settings: HomeAssistantSettings,
  data: HomeAssistantData,
  signal: AbortSignal,
  onPublished: () => void,
): Promise<void> {
  const published = new Map<string, string>()
  const publishIfNew = async (topic: string, payload: string): Promise<void> => {
    if (published.get(topic) !== payload) await broker.publish(topic, payload)
    published.set(topic, payload)
  }
  const over = new AbortController()
  const ended = broker.ended.finally(() => over.abort())
  await broker.publish(statusTopic(settings), 'online')
  while (!over.signal.aborted) {
    for (const plant of await data.readPlants()) {
      const topics = topicsOf(settings, plant.id)
      await publishIfNew(topics.config, JSON.stringify(discoveryOf(plant, topics)))
      await publishPlant(broker, topics, plant, data)
    }
    await publishAlerts(publishIfNew, settings, data)
    if (!over.signal.aborted) onPublished()
    await pause(settings.every, over.signal)
  }
  const fault = await ended
  if (fault !== undefined && !signal.aborted) throw fault
}

async function publishAlerts(
  publishIfNew: (topic: string, payload: string) => Promise<void>,
  settings: HomeAssistantSettings,
  { readAlerts }: HomeAssistantData,
): Promise<void> {
  const raised = await readAlerts()
  if (raised === undefined) return
  const topics = { status: statusTopic(settings), state: `${settings.baseTopic}/alerts` }
  await publishIfNew(
    `${settings.discoveryPrefix}/device/heliograph_alerts/config`,
    JSON.stringify(discoveryOfAlerts(topics)),
  )
  // Details such as a duration change all the time; what is raised does not.
  const alerts = raised.map(({ kind, subject, since }) => ({
    kind,
    subject,
    since: formatInstant(since),
  }))
  const state = { problem: alerts.length > 0 ? 'ON' : 'OFF', alerts }
  await publishIfNew(topics.state, JSON.stringify(state))
}

async function publishPlant(
  broker: Broker,
  topics: PlantTopics,
  plant: Plant,
  { readToday, hasFallenSilent }: HomeAssistantData,
): Promise<void> {
  const { latest } = plant
  if (latest !== null) {
    const today = await readToday(latest.plantId)
    const state = {
      ...recordOf(numberFields, (field) => measured(field, latest[field])),
      timestamp: formatInstant(latest.timestamp),
      today: today.energy,
      todaySince: formatInstant(today.start),
    }
    await broker.publish(topics.state, JSON.stringify(state))
  }
  await broker.publish(topics.availability, (await hasFallenSilent(plant)) ? 'offline' : 'online')
}

function topicsOf(settings: HomeAssistantSettings, plantId: number): PlantTopics {
  const base = `${settings.baseTopic}/${plantId}`
  return {
    status: statusTopic(settings),
    availability: `${base}/availability`,
    state: `${base}/state`,
    config: `${settings.discoveryPrefix}/device/heliograph_${plantId}/config`,
  }
}

function statusTopic({ baseTopic }: HomeAssistantSettings): string {
  return `${baseTopic}/status`
}

/** Resolves after so many milliseconds, or when the signal aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {})
}
