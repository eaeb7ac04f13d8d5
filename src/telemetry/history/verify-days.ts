import { type Kysely, sql } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { timestamptz } from '../../database/timestamptz.ts'
import { dayOf } from './change.ts'
import type { Difference } from './difference.ts'
import { packedLine } from './packed.ts'
import { quantities } from './quantity.ts'
import { lineColumn } from './summary-columns.ts'
import { HOUR, type Stretch } from './tiles.ts'
import type { ComparedTiles } from './verify-tiles.ts'

/** A line of a day that is not what the hours say. */
interface WrongLine {
  start: Instant
  column: string
  /** null: there is no such day. */
  kept: Uint8Array | null
  /** null: there are no hours for it. */
  recomputed: Uint8Array | null
}

const lines = quantities.map((quantity) => sql.ref(lineColumn(quantity)))

/** Compares a window of whole days with the hours that are kept, whether those are current or not: byte by byte. */
export async function verifyDays(
  snapshot: Kysely<Schema>,
  plantId: number,
  { since, until }: Stretch,
): Promise<ComparedTiles> {
  const within = sql`plant_id = ${plantId} and start >= ${timestamptz(since)} and start < ${timestamptz(until)}`
  const pairs = lines.map(
    (line, index) =>
      sql`(${sql.lit(index)}, ${sql.lit(lineColumn(quantities[index] ?? 'soc'))}, (day.kept).${line}, (day.recomputed).${line})`,
  )
  const { rows } = await sql<
    { compared: number } & { [Key in keyof WrongLine]: WrongLine[Key] | null }
  >`
    with recomputed as materialized (
      select day.start, ${sql.join(quantities.map((quantity, index) => sql`${packedLine(quantity)} as ${lines[index]}`))}
      from (
        select distinct ${dayOf(sql`start`)} as start
        from solark.rollup_hour where ${within}
      ) as day
      cross join generate_series(0, 23) as slot
      left join solark.rollup_hour as hour
        on hour.plant_id = ${plantId} and hour.start = day.start + slot * interval '1 hour'
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
      select start, line."column", line.kept, line.recomputed
      from day
      cross join lateral (values ${sql.join(pairs)}) as line (number, "column", kept, recomputed)
      where line.kept is distinct from line.recomputed
      order by start, number
    ) as wrong on true`.execute(snapshot)
  const differences = new Map<Instant, Difference>()
  for (const { start, column, kept, recomputed } of rows) {
    if (start === null || column === null) continue
    for (const difference of differencesOf({ start, column, kept, recomputed })) {
      const at = difference.start
      // Of a day that is missing, once, not for each of its lines.
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
}: WrongLine): (Pick<Difference, 'column' | 'kept' | 'recomputed'> & { start: Instant })[] {
  if (kept === null || recomputed === null) {
    return [
      {
        start,
        column: 'lines',
        kept: kept && lines.length,
        recomputed: recomputed && lines.length,
      },
    ]
  }
  const [ours, theirs] = [doublesOf(kept), doublesOf(recomputed)]
  return ours.flatMap((number, index) => {
    const other = theirs[index] ?? null
    return Object.is(number, other)
      ? []
      : [{ start: start + Math.floor(index / 2) * HOUR, column, kept: number, recomputed: other }]
  })
}

function doublesOf(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: bytes.byteLength / 8 }, (_, index) => view.getFloat64(index * 8))
}
