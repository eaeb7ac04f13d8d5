import { Fault } from '../fault.ts'
import { discoverTopics } from '../sources/mqtt/discover-topics.ts'
import { mqttSettings } from '../sources/mqtt/mqtt-settings.ts'
import { proposeMapping } from '../sources/mqtt/propose-mapping.ts'
import { secretsOf } from '../sources/open-sources.ts'
import { cloudAccount } from '../sources/solark-cloud/cloud-session.ts'
import { listPlants } from '../sources/solark-cloud/plants.ts'
import { solarkAccountSettings } from '../sources/solark-cloud/settings.ts'
import type { Question } from './connect-ways.ts'

/** What a set-up knows so far, and how it asks. */
export interface Discovery {
  name: string
  settings: Readonly<Record<string, unknown>>
  ask(question: Question): Promise<string>
  tell(text: string): void
  signal: AbortSignal
}

type Discover = (discovery: Discovery) => Promise<Record<string, unknown>>

/** Finds what the other side can tell: further settings of a source, by its kind. */
export async function discoverSettings(
  kind: string,
  discovery: Discovery,
): Promise<Record<string, unknown>> {
  const discover: Partial<Record<string, Discover>> = {
    mqtt: discoverMqtt,
    'solark-cloud': discoverCloudPlant,
  }
  return (await discover[kind]?.(discovery)) ?? {}
}

const LISTEN_MS = 10_000

/** Recognises whose topics a broker has, from what comes in ten seconds. */
async function discoverMqtt({
  name,
  settings,
  ask,
  tell,
  signal,
}: Discovery): Promise<Record<string, unknown>> {
  if (settings.preset !== undefined || settings.topics !== undefined) return {}
  const broker = mqttSettings.parse({ ...settings, topics: {} })
  tell(`Listening to ${broker.url} for ${LISTEN_MS / 1000} s …\n`)
  const topics = await discoverTopics(broker, secretsOf(name, process.env), signal, LISTEN_MS)
  const proposal = proposeMapping(topics)
  if (proposal === undefined) throw unknownTopics(topics.map(({ topic }) => topic))
  const { preset } = proposal.settings
  tell(`${topics.length} topics came; they look like those of ${preset}.\n`)
  const chosen: Record<string, unknown> = {}
  for (const { topic, quantity } of proposal.unclear) {
    const payload = topics.find((candidate) => candidate.topic === topic)?.payload
    const isBattery = quantity === 'batteryPower'
    const [usual, other] = isBattery ? ['discharging', 'charging'] : ['importing', 'exporting']
    const sign = await ask({
      setting: `topics`,
      message: `${topic} is ${payload} now: which way is +?`,
      ask: 'choice',
      choices: [
        { value: 'usual', label: `+ is ${usual}` },
        { value: 'inverted', label: `+ is ${other}` },
      ],
    })
    chosen[topic] = { quantity, invert: sign === 'inverted' }
  }
  return {
    ...proposal.settings,
    ...(Object.keys(chosen).length === 0 ? {} : { topics: chosen }),
  }
}

const SHOWN = 20

function unknownTopics(topics: readonly string[]): Fault {
  const list = topics.slice(0, SHOWN).map((topic) => `  ${topic}`)
  const more = topics.length > SHOWN ? [`  and ${topics.length - SHOWN} more`] : []
  const found = topics.length === 0 ? ['none came'] : ['these came:', ...list, ...more]
  return new Fault(
    'NOT_FOUND',
    `No topics of the Sunsynk add-on, SolarAssistant or Home Assistant were found; ${found.join('\n')}\nSay what a topic is with --set 'topics={"house/battery":{"quantity":"batteryPower"}}'`,
  )
}

/** Asks which plant of an account it is, if there are several. */
async function discoverCloudPlant({
  name,
  settings,
  ask,
  signal,
}: Discovery): Promise<Record<string, unknown>> {
  if (settings.cloudPlant !== undefined) return {}
  const { host, basePath, origin, username, passwordVariable, timeout } = settings
  const account = solarkAccountSettings.parse({
    ...definedOf({ host, basePath, origin, username, passwordVariable, timeout }),
  })
  const password = secretsOf(name, process.env)(account.passwordVariable)
  const plants = await listPlants(cloudAccount(account, password), signal)
  const [only] = plants
  if (only === undefined) throw new Fault('NOT_FOUND', 'The account has no plant')
  if (plants.length === 1) return { cloudPlant: only.id }
  const chosen = await ask({
    setting: 'cloudPlant',
    message: 'Which plant of the account is it?',
    ask: 'choice',
    choices: plants.map(({ id, name: label }) => ({
      value: String(id),
      label: label === null ? String(id) : `${label} (${id})`,
    })),
  })
  return { cloudPlant: Number(chosen) }
}

function definedOf(settings: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
}
