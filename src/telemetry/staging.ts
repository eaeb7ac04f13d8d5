import { sql, type Transaction } from 'kysely'
import type { Session } from '../database/database.ts'
import { formatInstant } from '../database/instant.ts'
import type { Schema } from '../database/schema.ts'
import type { Chunk } from './chunk.ts'
import { copyChunk } from './copy-chunk.ts'
import { copyColumns } from './copy-rows.ts'
import type { RecordOutcome } from './outcome.ts'
import { quantities } from './reading.ts'
import type { OnDuplicate } from './record.ts'

const measured = quantities.map(({ column }) => column)
const columns = sql.join(copyColumns.map((column) => sql.ref(column)))
const measurementsOf = (table: string) =>
  sql`(${sql.join(measured.map((column) => sql.ref(`${table}.${column}`)))})`

/** A table of this transaction alone, in which readings wait to be merged; `ordinal` is their order. */
export async function createStaging(transaction: Transaction<Schema>): Promise<void> {
  const definitions = quantities.map(
    ({ column, type }) =>
      sql`${sql.ref(column)} ${sql.raw(type === 'number' ? 'double precision' : 'boolean')}`,
  )
  await sql`
    create temp table incoming (
      ordinal bigint generated always as identity primary key,
      plant_id integer, timestamp timestamptz, ${sql.join(definitions)}
    ) on commit drop`.execute(transaction)
}

/** Stores a chunk of which some readings may be there already; writers of the same readings wait in turn. */
export async function mergeChunk(
  session: Session,
  transaction: Transaction<Schema>,
  chunk: Chunk,
  onDuplicate: OnDuplicate,
): Promise<Omit<RecordOutcome, 'received'>> {
  await sql`truncate pg_temp.incoming`.execute(transaction)
  await copyChunk(session, 'pg_temp.incoming', chunk)
  const { numAffectedRows = 0n } = await sql`
    insert into solark.telemetry (${columns})
    select ${columns} from pg_temp.incoming order by ordinal
    on conflict (plant_id, timestamp) do nothing`.execute(transaction)
  const inserted = Number(numAffectedRows)
  const duplicates = chunk.rows - inserted
  if (duplicates === 0) return { inserted, duplicates, conflicts: 0 }
  if (onDuplicate === 'KEEP') {
    return { inserted, duplicates, conflicts: await countKept(transaction, chunk) }
  }
  const conflicts = await countReplaced(transaction, chunk)
  if (conflicts > 0) await replace(transaction, chunk)
  return { inserted, duplicates, conflicts }
}

/** Literals rather than parameters, so that the planner leaves out every chunk of a hypertable beyond them. */
const withinTimesOf = ({ earliest, latest }: Chunk) =>
  sql`stored.timestamp between ${sql.lit(formatInstant(earliest))} and ${sql.lit(formatInstant(latest))}`

async function countKept(transaction: Transaction<Schema>, chunk: Chunk): Promise<number> {
  const { rows } = await sql<{ conflicts: number }>`
    select count(*) as conflicts
    from pg_temp.incoming
    join solark.telemetry as stored
      on stored.plant_id = incoming.plant_id and stored.timestamp = incoming.timestamp
      and ${withinTimesOf(chunk)}
    where ${measurementsOf('stored')} is distinct from ${measurementsOf('incoming')}`.execute(
    transaction,
  )
  return rows[0]?.conflicts ?? 0
}

/** As if one reading came after the other: each is compared with the one that it takes the place of. */
async function countReplaced(transaction: Transaction<Schema>, chunk: Chunk): Promise<number> {
  const { rows } = await sql<{ conflicts: number }>`
    with incoming as (
      select *, lag(ordinal) over (partition by plant_id, timestamp order by ordinal) as replaces
      from pg_temp.incoming
    )
    select count(*) as conflicts
    from incoming
    left join pg_temp.incoming as earlier on earlier.ordinal = incoming.replaces
    left join solark.telemetry as stored
      on incoming.replaces is null
      and stored.plant_id = incoming.plant_id and stored.timestamp = incoming.timestamp
      and ${withinTimesOf(chunk)}
    where case when incoming.replaces is null
      then ${measurementsOf('stored')} is distinct from ${measurementsOf('incoming')}
      else ${measurementsOf('earlier')} is distinct from ${measurementsOf('incoming')} end`.execute(
    transaction,
  )
  return rows[0]?.conflicts ?? 0
}

async function replace(transaction: Transaction<Schema>, chunk: Chunk): Promise<void> {
  const changes = measured.map((column) => sql`${sql.ref(column)} = ${sql.ref(`last.${column}`)}`)
  await sql`
    update solark.telemetry as stored
    set ${sql.join(changes)}, txid = pg_current_xact_id()
    from (
      select distinct on (plant_id, timestamp) * from pg_temp.incoming
      order by plant_id, timestamp, ordinal desc
    ) as last
    where stored.plant_id = last.plant_id and stored.timestamp = last.timestamp
      and ${withinTimesOf(chunk)}
      and ${measurementsOf('stored')} is distinct from ${measurementsOf('last')}`.execute(
    transaction,
  )
}
