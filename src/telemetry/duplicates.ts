import { type RawBuilder, sql } from 'kysely'
import { quantities } from '../quantities.ts'

/** KEEP: what is stored stays, and of two that are sent the first counts. REPLACE: the last one sent counts. */
export type OnDuplicate = 'KEEP' | 'REPLACE'

/** The columns of the values of a reading. */
export const valueColumns = sql.join(quantities.map(({ column }) => sql.ref(column)))

export function valueColumnsOf(table: string): RawBuilder<unknown> {
  return sql.join(quantities.map(({ column }) => sql.ref(`${table}.${column}`)))
}

/** Whether the values of two readings differ. 0 and -0 are equal, and so are two values that were not measured. */
export function differ(one: string, other: string): RawBuilder<boolean> {
  return sql`(${valueColumnsOf(one)}) is distinct from (${valueColumnsOf(other)})`
}

const rules = {
  KEEP: {
    order: sql`asc`,
    // What stays: the stored one, else the first that was sent.
    reference: sql`coalesce(stored, first_value(sent) over same)`,
  },
  REPLACE: {
    order: sql`desc`,
    // What it takes the place of: the one sent before, else the stored one.
    reference: sql`coalesce(lag(sent) over same, stored)`,
  },
} as const satisfies Record<OnDuplicate, unknown>

/**
 * Selects the reading that counts for each plant and instant, in the order of the key. `sent` is a FROM clause; its
 * `number` is the order in which the readings were sent.
 */
export function selectOnePerKey(
  sent: RawBuilder<unknown>,
  onDuplicate: OnDuplicate,
): RawBuilder<unknown> {
  return sql`
    select distinct on (plant_id, timestamp) plant_id, timestamp, ${valueColumns}
    from ${sent}
    order by plant_id, timestamp, number ${rules[onDuplicate].order}`
}

/** The columns of a pair: the values of a reading that was sent, and of the stored one, null if there is none. */
export function pairOf(sent: string, stored: string): RawBuilder<unknown> {
  return sql`
    ${sql.ref(`${sent}.plant_id`)}, ${sql.ref(`${sent}.timestamp`)}, number, row(${valueColumnsOf(sent)}) as sent,
    case when ${sql.ref(`${stored}.id`)} is not null then row(${valueColumnsOf(stored)}) end as stored`
}

/**
 * Counts the readings whose values differ from those of the reading that they meet: the one that stays (KEEP), or the
 * one whose place they take (REPLACE). `pairs` is a query of the columns of `pairOf`.
 */
export function countConflicts(
  pairs: RawBuilder<unknown>,
  onDuplicate: OnDuplicate,
): RawBuilder<{ conflicts: number }> {
  return sql`
    select count(*) filter (where sent <> reference) as conflicts
    from (
      select sent, ${rules[onDuplicate].reference} as reference
      from (${pairs}) as pair
      window same as (partition by plant_id, timestamp order by number)
    ) as compared`
}
