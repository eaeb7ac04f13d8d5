import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { Fault } from '../fault.ts'
import { LARGEST_PLANT_ID } from '../telemetry/reading.ts'
import type { SourceKind } from './source.ts'
import { sourceKinds } from './source-kinds.ts'

/** One source of the configuration. Its settings are those of its kind. */
export interface ConfiguredSource {
  name: string
  plantId: number
  kind: SourceKind
  settings: unknown
}

export const CONFIGURATION_FILE = 'heliograph.config.json'
export const SCHEMA_FILE = 'heliograph.schema.json'

const common = {
  name: z
    .string()
    .regex(/^[\w .-]{1,60}$/, {
      error: 'expected at most 60 letters, digits, spaces, dots and dashes',
    })
    .describe(
      'What the source is called, in the log, in health and in commands. Each has its own.',
    ),
  plant: z
    .int()
    .min(0)
    .max(LARGEST_PLANT_ID)
    .describe('The id of the plant whose readings it gives.'),
}

const Entry = z.looseObject({ ...common, kind: z.string() })
const ConfigurationFile = z.strictObject({
  $schema: z.string().optional(),
  sources: z.array(z.unknown()),
  homeAssistant: z.unknown().optional(),
})

/** What the configuration file says. */
export interface Configuration {
  sources: readonly ConfiguredSource[]
  /** The settings of the output to Home Assistant, not parsed yet; undefined: there is none. */
  homeAssistant: unknown
}

/**
 * Reads a configuration file; nothing is configured if there is no such file. Throws `CONFIGURATION_INVALID` with every
 * fault of the sources, each with its place.
 */
export async function readConfiguration(path: string): Promise<Configuration> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new Fault('CONFIGURATION_INVALID', `The file ${path} cannot be read`, { cause: error })
  })
  return text === undefined
    ? { sources: [], homeAssistant: undefined }
    : parseConfiguration(text, path)
}

export function parseConfiguration(text: string, path: string): Configuration {
  const faults: string[] = []
  const read = ConfigurationFile.safeParse(parseJson(text, path))
  if (!read.success) throw invalidConfiguration(path, describeIssues(read.error))
  const sources = read.data.sources.flatMap((entry, index) => {
    const source = parseSource(entry)
    if (Array.isArray(source)) {
      faults.push(...source.map((fault) => `sources[${index}]${fault}`))
      return []
    }
    return [source]
  })
  // Some file systems ignore case, and names of files are made of them.
  const names = sources.map(({ name }) => name.toLowerCase())
  for (const name of new Set(names.filter((each, index) => names.indexOf(each) !== index))) {
    faults.push(
      `sources: expected a name of its own for each, whatever its case, got ${JSON.stringify(name)} twice`,
    )
  }
  if (faults.length > 0) throw invalidConfiguration(path, faults)
  return { sources, homeAssistant: read.data.homeAssistant }
}

/** Returns the source, or what is wrong with it. */
function parseSource(entry: unknown): ConfiguredSource | string[] {
  const head = Entry.safeParse(entry)
  if (!head.success) return describeIssues(head.error)
  const { name, plant, kind: kindName, ...settings } = head.data
  const kind = sourceKinds.find((candidate) => candidate.kind === kindName)
  if (kind === undefined) {
    const known = sourceKinds.map((candidate) => candidate.kind).join(', ')
    return [`.kind: expected one of ${known}; got ${JSON.stringify(kindName)}`]
  }
  const parsed = kind.settings.safeParse(settings)
  if (!parsed.success) return describeIssues(parsed.error)
  return { name, plantId: plant, kind, settings: parsed.data }
}

/** Each fault with its place, such as `.broker.url: expected …`. */
export function describeIssues(error: z.ZodError): string[] {
  return error.issues.map(({ path, message }) => {
    const place = path
      .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
      .join('')
    return `${place}: ${message}`
  })
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Fault('CONFIGURATION_INVALID', `The file ${path} is not JSON`, { cause })
  }
}

export function invalidConfiguration(path: string, faults: readonly string[]): Fault {
  return new Fault(
    'CONFIGURATION_INVALID',
    [`The file ${path} cannot be used:`, ...faults.map((fault) => `  ${fault}`)].join('\n'),
  )
}

/**
 * The JSON Schema of the configuration, with which editors complete and check it; `homeAssistant` is that of the output.
 */
export function configurationSchema(homeAssistant: object): object {
  const sources = sourceKinds.map(({ kind, settings }) => {
    const own = z.toJSONSchema(settings, { io: 'input', unrepresentable: 'any' })
    const shared = z.toJSONSchema(z.object(common), { io: 'input' })
    return {
      title: kind,
      type: 'object',
      properties: { ...shared.properties, kind: { const: kind }, ...own.properties },
      required: ['name', 'kind', 'plant', ...(own.required ?? [])],
      ...(own.anyOf === undefined ? {} : { anyOf: own.anyOf }),
    }
  })
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Heliograph',
    description: 'Where the readings of plants come from.',
    type: 'object',
    properties: {
      $schema: { type: 'string' },
      sources: { type: 'array', items: { anyOf: sources } },
      homeAssistant,
    },
    required: ['sources'],
  }
}
