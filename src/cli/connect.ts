import { readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as prompts from '@clack/prompts'
import { Command } from 'commander'
import { readConfig } from '../config.ts'
import { Fault } from '../fault.ts'
import { howToRun } from '../how-to-run.ts'
import { homeAssistantSchema } from '../outputs/home-assistant/home-assistant-settings.ts'
import {
  type ConfiguredSource,
  configurationSchema,
  parseConfiguration,
  SCHEMA_FILE,
} from '../sources/configuration.ts'
import { discoverSettings } from './connect-discovery.ts'
import { type Question, type Way, ways } from './connect-ways.ts'
import { catchInterruption, INTERRUPTED } from './interruption.ts'
import { keepSecrets } from './keep-secrets.ts'
import { plantIdOption } from './options.ts'
import { describeGiven, readOnce } from './poll.ts'

interface ConnectOptions {
  way?: string
  name?: string
  plant?: number
  set: string[]
  yes?: true
}

const EXAMPLES = `
Examples:
  ${howToRun('connect')}
  ${howToRun('connect', '--way solarman --name roof --plant 7 --set host=192.168.1.30 --set serial=2712345678 --set model=deye-single-phase')}
  MQTT_PASSWORD=… ${howToRun('connect', '--way mqtt --name roof --plant 7 --set url=mqtt://broker --set username=me --set passwordVariable=MQTT_PASSWORD --set preset=solar-assistant')}

Exit code: 0 connected and written, 1 not, 130 interrupted.`

/** `connect`: asks for a way to an inverter, tries it, and writes it into heliograph.config.json. */
export function connectCommand(): Command {
  return new Command('connect')
    .description('Connect a plant: asks how, reads it once, and writes heliograph.config.json.')
    .option('--way <name>', `how: ${ways.map(({ name }) => name).join(', ')}`)
    .option('--name <name>', 'what the source is called')
    .option('--plant <id>', 'the plant whose readings it gives', plantIdOption)
    .option(
      '--set <setting=value>',
      'an answer, or any other setting of the source; JSON is taken as such',
      (text: string, others: string[]) => [...others, text],
      [],
    )
    .option('--yes', 'write it without asking, if a reading came')
    .addHelpText('after', EXAMPLES)
    .action(async (options: ConnectOptions) => {
      using interruption = catchInterruption()
      try {
        await connect(options, interruption.signal)
      } catch (error) {
        if (!interruption.signal.aborted && !(error instanceof GivenUp)) throw error
        process.stderr.write('Nothing was written.\n')
        process.exitCode = INTERRUPTED
      }
    })
}

/** The person pressed Ctrl-C or Escape at a question. */
class GivenUp extends Error {}

async function connect(options: ConnectOptions, signal: AbortSignal): Promise<void> {
  const { sourcesFile } = readConfig()
  const given = parseSettings(options.set)
  const way = await chooseWay(options.way)
  const name = options.name ?? (await ask(nameQuestion))
  const plantId = options.plant ?? plantIdOption(await ask(plantQuestion))
  const secrets = new Map<string, string>()
  const settings: Record<string, unknown> = { ...way.fixed, ...given }
  for (const question of way.questions) {
    if (settings[question.setting] !== undefined) continue
    const answer = await answerOf(question, name, secrets)
    if (answer !== undefined) settings[question.setting] = answer
  }
  for (const [variable, value] of secrets) process.env[variable] = value

  const tell = (text: string) => void process.stdout.write(text)
  Object.assign(settings, await discoverSettings(way.kind, { name, settings, ask, tell, signal }))

  const entry = { name, kind: way.kind, plant: plantId, ...settings }
  const source = sourceOf(entry, sourcesFile)
  process.stdout.write(`Asking ${name} …\n`)
  const found = await readOnce(source, signal)
  process.stdout.write(describeGiven(found))
  if (options.yes && found.readings.length === 0) {
    throw new Fault(
      'BAD_REQUEST',
      `Expected a reading of ${name}; got none: try again, or leave --yes out to write the source as it is`,
    )
  }
  const question = (await hasSource(sourcesFile, name))
    ? `Is that right, and is it to replace the source ${name}?`
    : 'Is that right, and is it to be written?'
  if (!(options.yes ?? (await confirmed(question)))) throw new GivenUp()
  // First, so that no source is written that lacks its password.
  if (secrets.size > 0) {
    await keepSecrets(secrets)
    process.stdout.write(`The password is in .env, as ${[...secrets.keys()].join(', ')}.\n`)
  }
  await writeSource(sourcesFile, entry)
  process.stdout.write(
    `Written to ${sourcesFile}. A server that starts now reads it; ${howToRun('poll', JSON.stringify(name))} asks it once.\n`,
  )
}

const nameQuestion: Question = {
  setting: '--name',
  message: 'What is it to be called?',
  ask: 'text',
  initial: 'plant',
}
const plantQuestion: Question = {
  setting: '--plant',
  message: 'The number of the plant in Heliograph?',
  ask: 'text',
  initial: '1',
}

async function chooseWay(name: string | undefined): Promise<Way> {
  const chosen =
    name ??
    (await ask({
      setting: '--way',
      message: 'How is the inverter reached?',
      ask: 'choice',
      choices: ways.map(({ name: value, label }) => ({ value, label })),
    }))
  const way = ways.find((candidate) => candidate.name === chosen)
  if (way !== undefined) return way
  const names = ways.map((candidate) => candidate.name).join(', ')
  throw new Fault('BAD_USER_INPUT', `Expected --way to be one of ${names}; got ${chosen}`)
}

/** `setting=value`: the value is JSON if it can be parsed so, else a text. */
function parseSettings(texts: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=')
      if (at < 1) {
        throw new Fault(
          'BAD_USER_INPUT',
          `Expected --set setting=value; got ${JSON.stringify(text)}`,
        )
      }
      return [text.slice(0, at), settingOf(text.slice(at + 1))]
    }),
  )
}

function settingOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Returns the answer as a setting; undefined if nothing is an answer. A password is kept under the name of a variable. */
async function answerOf(
  question: Question,
  name: string,
  secrets: Map<string, string>,
): Promise<unknown> {
  const answer = await ask(question)
  if (answer === '') return undefined
  if (question.ask === 'number') return Number(answer)
  if (question.ask !== 'password') return answer
  const variable = `${name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')}_PASSWORD`
  secrets.set(variable, answer)
  return variable
}

/** Asks on a terminal. Throws `BAD_USER_INPUT` if there is none and nothing can be assumed. */
async function ask(question: Question): Promise<string> {
  const { setting, message, initial, optional } = question
  if (!process.stdin.isTTY) {
    if (optional) return ''
    if (initial !== undefined && !setting.startsWith('--')) return initial
    const option = setting.startsWith('--') ? setting : `--set ${setting}=…`
    throw new Fault('BAD_USER_INPUT', `There is no terminal to ask on: give ${option} (${message})`)
  }
  const answer = await prompt(question)
  if (prompts.isCancel(answer)) throw new GivenUp()
  return answer
}

function prompt({ ask: how, message, choices, initial, optional }: Question) {
  const validate = (text: string | undefined) => {
    const answer = text?.trim() ?? ''
    if (answer === '' && initial === undefined && !optional) return 'An answer is needed.'
    if (how === 'number' && answer !== '' && !/^\d+$/.test(answer)) return 'A number is needed.'
    return undefined
  }
  switch (how) {
    case 'choice':
      return prompts.select({ message, options: [...(choices ?? [])] })
    case 'password':
      return prompts.password({ message, validate })
    default:
      return prompts.text({
        message,
        validate,
        ...(initial === undefined ? {} : { placeholder: initial, defaultValue: initial }),
      })
  }
}

async function confirmed(message: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new Fault('BAD_USER_INPUT', 'There is no terminal to ask on: give --yes to write it')
  }
  const answer = await prompts.confirm({ message })
  return answer === true
}

/** Throws `CONFIGURATION_INVALID` with what is wrong with the settings. */
function sourceOf(entry: object, path: string): ConfiguredSource {
  const { sources } = parseConfiguration(JSON.stringify({ sources: [entry] }), path)
  const [source] = sources
  if (source === undefined) throw new Error('Expected a source')
  return source
}

/** Returns the file of the sources. Throws if it has a fault, so that it is not written over. */
async function readSourcesFile(
  path: string,
): Promise<{ $schema?: string; sources: { name: string }[] }> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{ "sources": [] }'
    throw error
  })
  parseConfiguration(text, path)
  return JSON.parse(text)
}

async function hasSource(path: string, wanted: string): Promise<boolean> {
  return (await readSourcesFile(path)).sources.some(({ name }) => name === wanted)
}

/** Adds the source to the file, or replaces the one of its name. Other sources stay as they are. */
async function writeSource(path: string, entry: { name: string }): Promise<void> {
  const file = await readSourcesFile(path)
  const others = file.sources.filter(({ name }) => name !== entry.name)
  const written = { $schema: `./${SCHEMA_FILE}`, ...file, sources: [...others, entry] }
  await replaceFile(path, `${JSON.stringify(written, undefined, 2)}\n`)
  await replaceFile(
    join(dirname(path), SCHEMA_FILE),
    `${JSON.stringify(configurationSchema(homeAssistantSchema), undefined, 2)}\n`,
  )
}

async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text)
  await rename(`${path}.new`, path)
}
