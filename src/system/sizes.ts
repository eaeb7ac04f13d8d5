import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'

/** How much there is of what is answered whole, known without databaseQuery: for what an operation costs is judged before. */
export interface Sizes {
  /** As of a minute ago at most, while somebody asks; a guess until it is known. */
  readonly plants: number
}

const GUESS = 20
const KEPT_MS = 60_000

/** Counts again, beside whoever asks, once what is known is a minute old. */
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
        // The operation that asks is told what is wrong with the database by its own statements.
        count().catch(() => undefined)
      }
      return plants
    },
  }
}
