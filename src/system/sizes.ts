import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'

/**
 * Lengths of lists that are returned whole, known without a query: the cost of an operation is judged before it runs.
 */
export interface Sizes {
  /** At most a minute old while it is in use; a guess until it is known. */
  readonly plants: number
}

const GUESS = 20
const KEPT_MS = 60_000

/** Returns what is known at once; if that is a minute old, counts again in the background. */
export function createSizes(kysely: Kysely<Schema>): Sizes {
  let plants = GUESS
  let askedAt = Number.NEGATIVE_INFINITY
  const count = async () => {
    const { rows } = await sql<{ plants: number }>`
      select count(*) as plants from solark.plant`.execute(kysely)
    plants = rows[0]?.plants ?? plants
  }
  return {
    get plants() {
      if (performance.now() - askedAt > KEPT_MS) {
        askedAt = performance.now()
        // What is wrong with the database shows in the operation's own statements.
        count().catch(() => undefined)
      }
      return plants
    },
  }
}
