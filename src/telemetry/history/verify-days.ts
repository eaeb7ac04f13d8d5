import { type Kysely, sql } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { timestamptz } from '../../database/timestamptz.ts'
import { dayOf } from './change.ts'
import type { Difference } from './difference.ts'
import { packedHours, readHours } from './packed.ts'
import { quantities } from './quantity.ts'
import { hoursColumn } from './summary-columns.ts'
import { HOUR, type Stretch } from './tiles.ts'
import type { ComparedTiles } from './verify-tiles.ts'

/** A column of a day that is not what the hours say. */
interface WrongColumn {
  start: Instant
  column: string
  /** null: there is no such day. */
  kept: Uint8Array | null
  /** null: there are no hours for it. */
  recomputed: Uint8Array | null
}

const columns = quantities.map((quantity) => sql.ref(hoursColumn(quantity)))

/** Compares a window of whole days with the hours that are kept, whether those are current or not, number by number. */
export async function verifyDays(
  snapshot: Kysely<Schema>,
  plantId: number,
  { since, until }: Stretch,
): Promise<ComparedTiles> {
  const within = sql`plant_id = ${plantId} and start >= ${timestamptz(since)} and start < ${timestamptz(until)}`
  const pairs = columns.map(
    (name, index) =>
      sql`(${sql.lit(index)}, ${sql.lit(hoursColumn(quantities[index] ?? 'soc'))}, (day.kept).${name}, (day.recomputed).${name})`,
  )
  const { rows } = await sql<
    { compared: number } & { [Key in keyof WrongColumn]: WrongColumn[Key] | null }
  >`
    with recomputed as materialized (
      select day.start, ${sql.join(quantities.map((quantity, index) => sql`${packedHours(quantity)} as ${columns[index]}`))}
      from (
        select distinct ${dayOf(sql`start`)} as start
        from solark.rollup_hour where ${within}
      ) as day
      cross join generate_series(0, 23) as slot
      left join (select * from solark.rollup_hour where ${within}) as hour
        on hour.start = day.start + slot * interval '1 hour'
      group by day.start
    ),
    day as materialized (
      select start, kept, recomputed
      from (select * from solark.rollup_day where ${within}) as kept
      full join recomputed using (start)
    )
    select counted.days as compared, wrong.*
    from (select count(*)::integer as days from day) as counted
    left join (
      select start, pair."column", pair.kept, pair.recomputed
      from day
      cross join lateral (values ${sql.join(pairs)}) as pair (number, "column", kept, recomputed)
      where pair.kept is distinct from pair.recomputed
      order by start, number
    ) as wrong on true`.execute(snapshot)
  const differences = new Map<Instant, Difference>()
  for (const { start, column, kept, recomputed } of rows) {
    if (start === null || column === null) continue
    for (const difference of differencesOf({ start, column, kept, recomputed })) {
      const at = difference.start
      // Of a day that is missing, once, not for each of its columns.
      differences.getOrInsert(at, { table: 'rollup_day', plantId, ...difference })
    }
  }
  return { compared: rows[0]?.compared ?? 0, differences: [...differences.values()] }
}

function differencesOf({
  start,
  column,
  kept,
  recomputed,
}: WrongColumn): (Pick<Difference, 'column' | 'kept' | 'recomputed'> & { start: Instant })[] {
  if (kept === null || recomputed === null) {
    return [
      {
        start,
        column: 'quantities',
        kept: kept && columns.length,
        recomputed: recomputed && columns.length,
      },
    ]
  }
  const [ours, theirs] = [numbersOf(kept), numbersOf(recomputed)]
  return theirs.flatMap((number, index) => {
    const other = ours[index] ?? null
    return Object.is(number, other)
      ? []
      : [{ start: start + Math.floor(index / 2) * HOUR, column, kept: other, recomputed: number }]
  })
}

/** Of each hour what is covered and the total; none where the bytes are no hours. */
function numbersOf(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const numbers: number[] = []
  try {
    const end = readHours(view, 0, (_, covered, total) => void numbers.push(covered, total))
    return end === view.byteLength ? numbers : []
  } catch (error) {
    if (error instanceof RangeError) return []
    throw error
  }
}
