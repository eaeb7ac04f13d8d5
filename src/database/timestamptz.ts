import { type RawBuilder, sql } from 'kysely'
import { formatInstant, type Instant } from './instant.ts'

/** An instant as a value in SQL, with its microseconds. */
export function timestamptz(instant: Instant): RawBuilder<Instant> {
  return sql<Instant>`${formatInstant(instant)}::timestamptz`
}
