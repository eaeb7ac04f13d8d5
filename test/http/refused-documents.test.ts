import { expect, test } from 'vitest'
import { maxAliases, maxDepth } from '../../src/http/operations/query-limits.ts'
import { heldMemory } from './held-memory.ts'
import { openTestServer, post } from './test-server.ts'

const DOCUMENTS = 200
const BYTES = 200_000
const MIB = 1024 * 1024

const aliases = Array.from({ length: maxAliases + 1 }, (_, index) => `a${index}: role`).join(' ')
const levels = '{ neighbours(first: 1) '.repeat(maxDepth)

test.for([
  ['is invalid', 'GRAPHQL_VALIDATION_FAILED', (name: string) => `{ ${name} }`],
  ['has too many aliases', 'QUERY_TOO_COMPLEX', (name: string) => `query ${name} { ${aliases} }`],
  [
    'nests too deep',
    'QUERY_TOO_COMPLEX',
    (name: string) => `query ${name} { plant ${levels} { id }${' }'.repeat(maxDepth)} }`,
  ],
] as const)('the body of a request is not kept if its document %s', async ([, code, document]) => {
  await using server = await openTestServer()
  const variables = { filler: 'x'.repeat(BYTES) }
  const send = async (name: string) => {
    const { body } = await post(server, document(name), { variables })
    expect(body).toMatchObject({ errors: [{ extensions: { code } }] })
  }
  for (let index = 0; index < 20; index++) await send(`before${index}`)
  const before = heldMemory()
  for (let index = 0; index < DOCUMENTS; index++) await send(`kept${index}`)
  // All bodies are 38 MB, all documents with many aliases 15.
  await expect.poll(() => heldMemory() - before).toBeLessThan(25 * MIB)
})
