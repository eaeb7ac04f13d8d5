import { type Kysely, type RawBuilder, sql } from 'kysely'
import { END_OF_TIME, FIRST_TIME } from '../telemetry-checks.ts'
import { plantOf } from './columns.ts'
import type { OldTable } from './old-table.ts'

/** Counts of the old table's rows, taken in one pass. */
export interface Tally {
  rows: number
  withoutPlant: number
  withoutCreation: number
  greatestId: number
  withoutId: number
  withoutTime: number
  /** Rows whose timestamp or created_at is before 1900, from 2255 on, or infinite. */
  beyondTime: number
  /** Rows whose plant_id is below 0 or above 2147483647. */
  foreignPlants: number
}

export async function takeTally(db: Kysely<unknown>, { columns }: OldTable): Promise<Tally> {
  const names = columns.map(({ name }) => name)
  const count = (column: string, condition: RawBuilder<unknown>) =>
    names.includes(column) ? sql`(count(*) filter (where ${condition}))::float8` : sql`0::float8`
  const { rows } = await sql<Tally>`
    select count(*)::float8 as rows,
      ${names.includes('plant_id') ? count('plant_id', sql`plant_id is null`) : sql`count(*)::float8`}
        as "withoutPlant",
      ${names.includes('created_at') ? count('created_at', sql`created_at is null`) : sql`count(*)::float8`}
        as "withoutCreation",
      coalesce(max(id), 0)::float8 as "greatestId",
      ${count('id', sql`id is null`)} as "withoutId",
      ${count('timestamp', sql`timestamp is null`)} as "withoutTime",
      (count(*) filter (where ${sql.join(
        ['timestamp', 'created_at'].filter((name) => names.includes(name)).map(isBeyond),
        sql` or `,
      )}))::float8 as "beyondTime",
      ${count('plant_id', sql`plant_id not between 0 and 2147483647`)} as "foreignPlants"
    from solark.telemetry`.execute(db)
  const [tally] = rows
  if (tally === undefined) throw new Error('Expected one row of counts, got none')
  return tally
}

/** Describes the rows that forbid the adoption, with their cure. */
export function unfitRows(tally: Tally): string[] {
  const unfit = (count: number, which: string, cure: string) =>
    count === 0 ? [] : [`${count} rows have ${which}: ${cure}`]
  return [
    ...unfit(tally.withoutId, 'no id', 'give them one'),
    ...unfit(tally.withoutTime, 'no timestamp', 'give them one, or move them elsewhere'),
    ...unfit(
      tally.beyondTime,
      'a timestamp or created_at before 1900, from 2255, or infinite',
      'correct it, or move them elsewhere',
    ),
    ...unfit(
      tally.foreignPlants,
      'a plant_id below 0 or above 2147483647',
      'give them another, or move them elsewhere',
    ),
  ]
}

const isBeyond = (column: string) =>
  sql`(${sql.id(column)} < ${sql.lit(FIRST_TIME)} or ${sql.id(column)} >= ${sql.lit(END_OF_TIME)})`

/** Returns how many rows share plant and instant with a newer one. */
export async function countColliding(db: Kysely<unknown>, old: OldTable): Promise<number> {
  const { rows } = await sql<{ colliding: number }>`
    select coalesce(sum(rows - 1), 0)::float8 as colliding
    from (
      select count(*) as rows from solark.telemetry group by ${plantOf(old)}, timestamp having count(*) > 1
    ) as reading`.execute(db)
  return rows[0]?.colliding ?? 0
}

/**
 * Moves the rows that share plant and instant with a row of a greater id to solark.telemetry_duplicate. Triggers of
 * the table see a deletion. Returns how many rows were moved.
 */
export async function setAside(db: Kysely<unknown>, old: OldTable): Promise<number> {
  await sql`create table solark.telemetry_duplicate (like solark.telemetry)`.execute(db)
  await sql`
    with numbered as (
      select tableoid as part, ctid as place, row_number() over (
        partition by ${plantOf(old)}, timestamp order by id desc, tableoid desc, ctid desc
      ) as number
      from solark.telemetry
    ),
    moved as (
      delete from solark.telemetry as reading using numbered
      where number > 1 and reading.tableoid = part and reading.ctid = place
      returning reading.*
    )
    insert into solark.telemetry_duplicate select * from moved`.execute(db)
  const { rows } = await sql<{ moved: number }>`
    select count(*)::float8 as moved from solark.telemetry_duplicate`.execute(db)
  return rows[0]?.moved ?? 0
}
