import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { timestamptz } from '../../database/timestamptz.ts'
import { type NumberField, numberFields } from '../../quantities.ts'
import { changedQuarters } from '../changes/changed-quarters.ts'
import { gapLimit, gapLimitMicroseconds, joinPlant } from '../changes/gap-limit.ts'
import { readAtOneMoment } from '../changes/maintenance-lock.ts'
import { notes } from '../changes/notes.ts'
import { rollupState } from '../changes/rollup-state.ts'
import { addUpSummaries, type EncodedSummaries, encodedSummaries } from './binary-summaries.ts'
import { integrate, microseconds } from './integrate.ts'
import { countReadingsIn, type ReadingAllowance } from './reading-allowance.ts'
import type { Summary } from './summary.ts'
import { type Aspect, aspects, mergedColumns, storedTiles, type Wanted } from './summary.ts'
import {
  HOUR,
  layTiles,
  lengthOf,
  QUARTER,
  type Stretch,
  stretchTable,
  type Tiling,
  tilesWithin,
} from './tiling.ts'

export interface SummariesRequest {
  plantId: number
  /** In ascending order; the time ranges lie between neighbours. */
  edges: readonly Instant[]
  quantities: readonly NumberField[]
  /** What is wanted besides the means; everything if it is left out. */
  aspects?: readonly Aspect[]
  /** Without it, the number of readings is not limited. */
  allowance?: ReadingAllowance | undefined
}

type Asked = Omit<SummariesRequest, 'quantities' | 'aspects'> & Wanted

/**
 * Returns a summary of each time range between neighbouring edges, in order, all in one snapshot. Uses the rollups if
 * they are current; uses the readings if they are not, or where an edge cuts a quarter of an hour. Throws
 * `QUERY_TOO_COMPLEX` if that takes more readings than the allowance has.
 */
export async function readSummaries(
  kysely: Kysely<Schema>,
  request: SummariesRequest,
): Promise<Summary[]> {
  if (request.edges.length < 2) return []
  const asked: Asked = {
    aspects,
    ...request,
    quantities: numberFields.filter((quantity) => request.quantities.includes(quantity)),
  }
  return (await readCurrent(kysely, asked)) ?? (await readChanging(kysely, asked))
}

/** Reads the rollups alone, in one statement. Returns undefined if they do not suffice. */
async function readCurrent(kysely: Kysely<Schema>, asked: Asked): Promise<Summary[] | undefined> {
  const tiling = layTiles(asked.edges, [])
  if (tiling.rest.length > 0) return undefined
  const sources = tileSources(asked, tiling)
  const { since, until } = spanOf(asked)
  const { rows } = await sql<Packs & { changed: boolean }>`
    select solark.is_noted(${asked.plantId}, ${since}, ${until}) as changed, ${packsOf(sources)}`.execute(
    kysely,
  )
  const [row] = rows
  return row === undefined || row.changed ? undefined : summariesOf(asked, sources, row)
}

/** Reads the notes first, and then takes the readings for whatever the notes touch. */
function readChanging(kysely: Kysely<Schema>, asked: Asked): Promise<Summary[]> {
  return readAtOneMoment(kysely, async (snapshot) => {
    const { maxGap, changed } = await readChanged(snapshot, asked)
    const tiling = layTiles(asked.edges, changed)
    const sources = tileSources(asked, tiling)
    if (tiling.rest.length > 0) {
      const { plantId, quantities, allowance } = asked
      const readings = await countReadingsIn(snapshot, { plantId, stretches: tiling.rest, maxGap })
      allowance?.spend(readings, Math.max(1, quantities.length))
      sources.push(readingSource(asked, tiling.rest, maxGap))
    }
    const { rows } = await sql<Packs>`select ${packsOf(sources)}`.execute(snapshot)
    return summariesOf(asked, sources, rows[0])
  })
}

function spanOf({ edges }: Asked): Record<keyof Stretch, RawBuilder<unknown>> {
  return { since: timestamptz(edges[0] ?? 0), until: timestamptz(edges.at(-1) ?? 0) }
}

/** Returns the plant's gap limit in microseconds, and the quarters of an hour whose tiles are outdated. */
async function readChanged(
  snapshot: Kysely<Schema>,
  asked: Asked,
): Promise<{ maxGap: number; changed: Stretch[] }> {
  const { since, until } = spanOf(asked)
  const { rows } = await sql<{ maxGap: number; since: Instant | null; until: Instant | null }>`
    select ${gapLimitMicroseconds} as "maxGap", lower(changed) as since, upper(changed) as until
    from ${rollupState}
    ${joinPlant(asked.plantId)}
    left join lateral (
      select unnest(range_agg(${changedQuarters})) as changed
      from ${notes}
      where plant_id = ${asked.plantId} and first < ${until} + ${gapLimit} and last > ${since} - ${gapLimit}
    ) as change on true
    order by since`.execute(snapshot)
  const changed: Stretch[] = []
  for (const { since, until } of rows) {
    if (since !== null && until !== null) changed.push({ since, until })
  }
  return { maxGap: rows[0]?.maxGap ?? 0, changed }
}

const kinds = ['hours', 'quarters', 'rest'] as const

/** The source of a part of the summaries. */
interface Source {
  name: (typeof kinds)[number]
  /** One value, made by `encodedSummaries`. */
  query: RawBuilder<unknown>
  bucketOf: EncodedSummaries['bucketOf']
}

type Packs = Partial<Record<Source['name'], Uint8Array | null>>

function packsOf(sources: readonly Source[]): RawBuilder<unknown> {
  return sql.join(sources.map(({ name, query }) => sql`(${query}) as ${sql.ref(name)}`))
}

function summariesOf(
  asked: Asked,
  sources: readonly Source[],
  packs: Packs | undefined,
): Summary[] {
  const parts = sources.map(({ name, bucketOf }) => ({
    encodedSummaries: packs?.[name] ?? null,
    bucketOf,
  }))
  return addUpSummaries(parts, asked.edges.length - 1, asked)
}

function tileSources(asked: Asked, { hours, quarters }: Tiling): Source[] {
  const sources: Source[] = []
  if (hours.length > 0) sources.push(tileSource(asked, 'hours', hours))
  if (quarters.length > 0) sources.push(tileSource(asked, 'quarters', quarters))
  return sources
}

const tables = {
  hours: { table: 'solark.rollup_hour', width: HOUR },
  quarters: { table: 'solark.rollup_quarter', width: QUARTER },
} as const

/**
 * If there are not many more tiles than buckets, adding them up in this process costs less than grouping them in SQL.
 */
function tileSource(
  asked: Asked,
  name: keyof typeof tables,
  stretches: readonly Stretch[],
): Source {
  const { plantId, edges } = asked
  const { table, width } = tables[name]
  const tiles = tilesIn(table, plantId, stretches, asked)
  if (lengthOf(stretches) / width < 2 * edges.length) {
    return {
      name,
      query: sql`select ${encodedSummaries(sql`date_part('epoch', start)`, asked)} from ${tiles}`,
      bucketOf: bucketIn(edges),
    }
  }
  return groupedSource(
    asked,
    name,
    sql`
    select width_bucket(${microseconds('start')}, (select times from edge)) as bucket, ${mergedColumns(asked)}
    from ${tiles}
    group by bucket`,
  )
}

/** The planner is fastest with one range and no join. */
function tilesIn(
  table: string,
  plantId: number,
  stretches: readonly Stretch[],
  wanted: Wanted,
): RawBuilder<unknown> {
  const [only, ...others] = stretches
  if (only !== undefined && others.length === 0) {
    return sql`${storedTiles(table, wanted)} as tile
      where plant_id = ${plantId} and start >= ${timestamptz(only.since)} and start < ${timestamptz(only.until)}`
  }
  return tilesWithin(table, stretchTable(plantId, stretches), wanted)
}

function readingSource(asked: Asked, stretches: readonly Stretch[], maxGap: number): Source {
  const { plantId, quantities, aspects } = asked
  return groupedSource(
    asked,
    'rest',
    integrate({
      stretches: stretchTable(plantId, stretches),
      maxGap,
      // SQL needs at least one quantity for a row.
      quantities: quantities.length > 0 ? quantities : ['soc'],
      aspects,
      bucketOf: (time) => sql`width_bucket(${time}, (select times from edge))`,
      startOf: (bucket) => sql`(select times from edge)[${bucket}]`,
    }),
  )
}

/** Takes rows whose buckets are numbered as width_bucket does: from 1. */
function groupedSource(asked: Asked, name: Source['name'], rows: RawBuilder<unknown>): Source {
  return {
    name,
    query: sql`
      with edge as materialized (select ${asked.edges}::double precision[] as times)
      select ${encodedSummaries(sql`bucket`, asked)} from (${rows}) as summary`,
    bucketOf: (bucket) => bucket - 1,
  }
}

/** Returns the bucket of a time in seconds since 1970. Times mostly ascend, so the next bucket is tried first. */
function bucketIn(edges: readonly Instant[]): (seconds: number) => number {
  let bucket = 0
  const holds = (time: Instant) =>
    (edges[bucket] ?? Number.POSITIVE_INFINITY) <= time &&
    time < (edges[bucket + 1] ?? Number.NEGATIVE_INFINITY)
  return (seconds) => {
    const time = seconds * 1e6
    if (holds(time)) return bucket
    bucket += 1
    if (!holds(time)) bucket = bucketAt(edges, time)
    return bucket
  }
}

/** Returns the last edge that is not after the time. */
function bucketAt(edges: readonly Instant[], time: Instant): number {
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((edges[middle] ?? 0) <= time) low = middle + 1
    else high = middle
  }
  return low - 1
}
