import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { buildSchema, type GraphQLSchema } from 'graphql'

/** The schema as it is printed, for clients; the code behind it is not looked at. */
export function readContract(): GraphQLSchema {
  return buildSchema(readFileSync(resolve(import.meta.dirname, '../../schema.graphql'), 'utf8'))
}
