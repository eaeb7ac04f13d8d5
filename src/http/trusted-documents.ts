import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { Fault } from '../fault.ts'

/** What `graphql-codegen` writes with `persistedDocuments`: texts by hash. */
const TextsById = z.record(z.string(), z.string())

/** What Apollo's `generate-persisted-query-manifest` writes. */
const ApolloManifest = z.object({
  format: z.literal('apollo-persisted-query-manifest'),
  operations: z.array(z.object({ id: z.string(), body: z.string() })),
})

const Manifest = z.union([
  ApolloManifest.transform(({ operations }) =>
    operations.map(({ id, body }) => [id, body] as const),
  ),
  TextsById.transform((texts) => Object.entries(texts)),
])

/**
 * Reads a list of documents by id from a JSON file: of graphql-codegen's client preset, or of Apollo. Throws
 * `CONFIGURATION_INVALID` if it cannot be used.
 */
export async function readTrustedDocuments(path: string): Promise<ReadonlyMap<string, string>> {
  try {
    return new Map(Manifest.parse(JSON.parse(await readFile(path, 'utf8'))))
  } catch (cause) {
    throw new Fault(
      'CONFIGURATION_INVALID',
      `TRUSTED_DOCUMENTS: expected a JSON file of documents by id, as graphql-codegen or Apollo write it; ${path} is none`,
      { cause },
    )
  }
}
