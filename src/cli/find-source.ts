import { readConfig } from '../config.ts'
import { Fault } from '../fault.ts'
import { howToRun } from '../how-to-run.ts'
import { type ConfiguredSource, readConfiguration } from '../sources/configuration.ts'

/** Returns a source of the configuration by its name. Throws `BAD_USER_INPUT` if there is none. */
export async function findSource(name: string): Promise<ConfiguredSource> {
  const { sourcesFile } = readConfig()
  const { sources } = await readConfiguration(sourcesFile)
  const found = sources.find((source) => source.name === name)
  if (found !== undefined) return found
  const names = sources.map((source) => JSON.stringify(source.name)).join(', ')
  throw new Fault(
    'BAD_USER_INPUT',
    `No source is called ${JSON.stringify(name)}; ${sourcesFile} has ${names === '' ? `none: ${howToRun('connect')} adds one` : names}`,
  )
}
