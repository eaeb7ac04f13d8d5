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
const Configuration = z.strictObject({
  $schema: z.string().optional(),
  sources: z.array(z.unknown()),
})

/**
 * Reads the sources of a configuration file; none if there is no such file. Throws `CONFIGURATION_INVALID` with every
 * fault of the file, each with its place.
 */
export async function readSourceConfiguration(path: string): Promise<ConfiguredSource[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new Fault('CONFIGURATION_INVALID', `The file ${path} cannot be read`, { cause: error })
  })
  return text === undefined ? [] : parseSourceConfiguration(text, path)
}

export function parseSourceConfiguration(text: string, path: string): ConfiguredSource[] {
  const faults: string[] = []
  const read = Configuration.safeParse(parseJson(text, path))
  if (!read.success) throw invalid(path, describeIssues(read.error, []))
  const sources = read.data.sources.flatMap((entry, index) => {
    const source = parseSource(entry)
    if (Array.isArray(source)) {
      faults.push(...source.map((fault) => `sources[${index}]${fault}`))
      return []
    }
    return [source]
  })
  const names = sources.map(({ name }) => name)
  for (const name of new Set(names.filter((each, index) => names.indexOf(each) !== index))) {
    faults.push(`sources: expected a name of its own for each, got ${JSON.stringify(name)} twice`)
  }
  if (faults.length > 0) throw invalid(path, faults)
  return sources
}

/** Returns the source, or what is wrong with it. */
function parseSource(entry: unknown): ConfiguredSource | string[] {
  const head = Entry.safeParse(entry)
  if (!head.success) return describeIssues(head.error, [])
  const { name, plant, kind: kindName, ...settings } = head.data
  const kind = sourceKinds.find((candidate) => candidate.kind === kindName)
  if (kind === undefined) {
    const known = sourceKinds.map((candidate) => candidate.kind).join(', ')
    return [`.kind: expected one of ${known}; got ${JSON.stringify(kindName)}`]
  }
  const parsed = kind.settings.safeParse(settings)
  if (!parsed.success) return describeIssues(parsed.error, [])
  return { name, plantId: plant, kind, settings: parsed.data }
}

function describeIssues(error: z.ZodError, above: readonly PropertyKey[]): string[] {
  return error.issues.map(({ path, message }) => {
    const place = [...above, ...path]
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

function invalid(path: string, faults: readonly string[]): Fault {
  return new Fault(
    'CONFIGURATION_INVALID',
    [`The file ${path} cannot be used:`, ...faults.map((fault) => `  ${fault}`)].join('\n'),
  )
}

/** The JSON Schema of the configuration, with which editors complete and check it. */
export function configurationSchema(): object {
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
    },
    required: ['sources'],
  }
}
