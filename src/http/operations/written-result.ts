import type { ExecutionResult } from 'graphql'

/** Writes a result without errors as JSON. */
export function writeResult(result: ExecutionResult): string {
  return JSON.stringify(result)
}
