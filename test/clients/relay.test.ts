import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import {
  type ConcreteRequest,
  Environment,
  fetchQuery,
  getFragment,
  getSingularSelector,
  Network,
  type ReaderFragment,
  RecordSource,
  Store,
} from 'relay-runtime'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { graphql } from '../generated/gql.ts'
import { openServer } from '../support/server.ts'

const RecordForRelay = graphql(`
  mutation RecordForRelay($readings: [TelemetryInput!]!) {
    recordTelemetry(readings: $readings) {
      inserted
    }
  }
`)

/** What a page of a Relay application says. The compiler wants names that begin with that of the file. */
const page = `
  import {graphql} from 'relay-runtime'
  graphql\`
    query PageQuery { plants { id plantId ...Page_plant } }
  \`
  graphql\`
    fragment Page_plant on Plant
    @refetchable(queryName: "PageOfPlantQuery")
    @argumentDefinitions(first: { type: "Int", defaultValue: 2 }, after: { type: "String" }) {
      id
      name
      telemetry(first: $first, after: $after) @connection(key: "Page_telemetry") {
        edges { node { id plantId soc plant { id plantId } } }
      }
    }
  \`
`

const PlantOfPage = z.looseObject({ id: z.string(), plantId: z.number() })
const Plants = z.object({ plants: z.array(PlantOfPage) })
const Page = z.object({
  telemetry: z.object({
    edges: z.array(z.object({ node: z.object({ soc: z.number(), plant: PlantOfPage }) })),
    pageInfo: z.object({ endCursor: z.string() }),
  }),
})

/** What the compiler makes of the page, by the name of the document. */
interface Compiled extends AsyncDisposable {
  query(name: string): ConcreteRequest
  fragment(name: string): ReaderFragment
}

async function compile(text: string): Promise<Compiled> {
  const folder = await mkdtemp(join(tmpdir(), 'heliograph-relay-'))
  await mkdir(join(folder, 'src'))
  await writeFile(join(folder, 'package.json'), '{}')
  await writeFile(join(folder, 'src/Page.js'), text)
  await copyFile('schema.graphql', join(folder, 'schema.graphql'))
  await writeFile(
    join(folder, 'relay.config.json'),
    JSON.stringify({
      src: './src',
      schema: './schema.graphql',
      language: 'javascript',
      eagerEsModules: false,
    }),
  )
  const compiler = resolve('node_modules/relay-compiler/cli.js')
  await promisify(execFile)(process.execPath, [compiler], { cwd: folder })
  const require = createRequire(join(folder, 'src/Page.js'))
  const load = (name: string) => require(`./__generated__/${name}.graphql.js`)
  return {
    query: load,
    fragment: load,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}

test('Relay compiles a page against the contract, and reads and refetches its plants by their ids', async () => {
  await using compiled = await compile(page)
  await using server = await openServer({ SIMULATE: '0' })
  const socs = [10, 20, 30, 40, 50]
  await server.as(server.adminToken).ask(RecordForRelay, {
    readings: [7, 8].flatMap((plantId) =>
      socs.map((soc, at) => ({ plantId, soc, timestamp: `2026-06-21T10:0${at}:00Z` })),
    ),
  })

  const environment = new Environment({
    network: Network.create(async ({ text: query }, variables) => {
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables }),
      })
      return await response.json()
    }),
    store: new Store(new RecordSource()),
  })
  const asked = await fetchQuery(environment, compiled.query('PageQuery'), {}).toPromise()
  const { plants } = Plants.parse(asked)
  expect(plants.map(({ plantId }) => plantId)).toEqual([7, 8])

  const [plant] = plants
  if (plant === undefined) throw new Error('Expected a plant')
  const shown = () => {
    const selector = getSingularSelector(getFragment(compiled.fragment('Page_plant')), plant)
    if (selector === undefined) throw new Error('Expected a plant to read')
    const { data, isMissingData } = environment.lookup(selector)
    expect(isMissingData).toBe(false)
    return Page.parse(data)
  }
  expect(shown().telemetry.edges.map(({ node }) => node.soc)).toEqual([50, 40])

  // The next pages, as `loadNext` asks for them, join those in the store.
  const more = compiled.query('PageOfPlantQuery')
  for (const expected of [
    [50, 40, 30, 20],
    [50, 40, 30, 20, 10],
  ]) {
    const after = shown().telemetry.pageInfo.endCursor
    await fetchQuery(environment, more, { id: plant.id, first: 2, after }).toPromise()
    expect(shown().telemetry.edges.map(({ node }) => node.soc)).toEqual(expected)
  }
  // A plant is one record in the store, whoever refers to it.
  for (const { node } of shown().telemetry.edges) {
    expect(node.plant).toEqual({ id: plant.id, plantId: 7 })
  }
})
