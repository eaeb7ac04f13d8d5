import { sql, type Transaction } from 'kysely'
import type { Session } from '../database/database.ts'
import type { Schema } from '../database/schema.ts'
import { quantities } from '../quantities.ts'
import type { CopyChunk } from './copy.ts'
import { copyChunk, copyColumns } from './copy.ts'
import {
  countConflicts,
  differ,
  type OnDuplicate,
  pairOf,
  selectOnePerKey,
  valueColumns,
  valueColumnsOf,
} from './duplicates.ts'
import type { RecordOutcome } from './record.ts'
import { isWithin, type TimeBounds } from './time-bounds.ts'

const columns = sql.join(copyColumns.map((column) => sql.ref(column)))

/**
 * Creates a temporary table for readings that are to be merged; `number` is their order. Also sets the planner up for
 * many rows, for the rest of the transaction.
 */
export async function createStaging(transaction: Transaction<Schema>): Promise<void> {
  const definitions = quantities.map(
    ({ column, type }) =>
      sql`${sql.ref(column)} ${sql.raw(type === 'number' ? 'double precision' : 'boolean')}`,
  )
  await sql`
    create temp table incoming (
      number bigint generated always as identity primary key,
      plant_id integer, timestamp timestamptz, ${sql.join(definitions)}
    ) on commit drop`.execute(transaction)
  // Without statistics the planner expects a few rows, and would compare each staged reading with each stored one.
  await sql`set local enable_nestloop = off`.execute(transaction)
  // A chunk is sorted in memory.
  await sql`set local work_mem = '32MB'`.execute(transaction)
}

/** Stores a chunk that may contain stored readings. Concurrent writers of the same readings wait for each other. */
export async function mergeChunk(
  session: Session,
  transaction: Transaction<Schema>,
  chunk: CopyChunk,
  onDuplicate: OnDuplicate,
): Promise<Omit<RecordOutcome, 'received'>> {
  await sql`truncate pg_temp.incoming`.execute(transaction)
  await copyChunk(session, 'pg_temp.incoming', chunk)
  const { numAffectedRows = 0n } = await sql`
    insert into solark.telemetry (${columns})
    select ${columns} from pg_temp.incoming order by number
    on conflict (plant_id, timestamp) do nothing`.execute(transaction)
  const inserted = Number(numAffectedRows)
  const duplicates = chunk.rows - inserted
  let conflicts = 0
  if (duplicates > 0) {
    for (const part of await readParts(transaction)) {
      conflicts += await compareWithStored(transaction, part, onDuplicate)
    }
  }
  return { inserted, duplicates, conflicts }
}

/** All staged readings of some plants. */
interface Part extends TimeBounds {
  plantIds: number[]
}

/** From this many readings on, the cost of one more statement no longer shows. */
const FEW = 1000

/**
 * Parts the staged readings by plant, for the comparison with the stored ones: otherwise all plants would be read, and
 * decompressed if they are compressed. Plants with few readings share a part.
 */
async function readParts(transaction: Transaction<Schema>): Promise<Part[]> {
  const { rows } = await sql<TimeBounds & { plantId: number; readings: number }>`
    select plant_id as "plantId", count(*) as readings, min(timestamp) as earliest, max(timestamp) as latest
    from pg_temp.incoming
    group by plant_id
    order by plant_id`.execute(transaction)
  const parts: Part[] = []
  let room = 0
  for (const { plantId, readings, earliest, latest } of rows) {
    const part = parts.at(-1)
    if (part === undefined || readings > room) {
      parts.push({ plantIds: [plantId], earliest, latest })
      room = FEW - readings
    } else {
      part.plantIds.push(plantId)
      part.earliest = Math.min(part.earliest, earliest)
      part.latest = Math.max(part.latest, latest)
      room -= readings
    }
  }
  return parts
}

/** Literals, so that the planner excludes chunks and TimescaleDB decompresses only what they name. */
const isOf = (table: string, { plantIds }: Part) =>
  sql`${sql.ref(`${table}.plant_id`)} in (${sql.join(plantIds.map((id) => sql.lit(id)))})`

const mayBeStored = (part: Part) =>
  sql`${isOf('stored', part)} and ${isWithin(sql`stored.timestamp`, part)}`

/** Returns how many staged readings differ from those that they meet. With REPLACE the stored ones are replaced. */
async function compareWithStored(
  transaction: Transaction<Schema>,
  part: Part,
  onDuplicate: OnDuplicate,
): Promise<number> {
  const pairs = sql`
    select ${pairOf('incoming', 'stored')}
    from pg_temp.incoming
    left join solark.telemetry as stored
      on stored.plant_id = incoming.plant_id and stored.timestamp = incoming.timestamp
      and ${mayBeStored(part)}
    where ${isOf('incoming', part)}`
  const { rows } = await countConflicts(pairs, onDuplicate).execute(transaction)
  const conflicts = rows[0]?.conflicts ?? 0
  if (onDuplicate === 'REPLACE' && conflicts > 0) await replace(transaction, part)
  return conflicts
}

async function replace(transaction: Transaction<Schema>, part: Part): Promise<void> {
  const incoming = sql`pg_temp.incoming where ${isOf('incoming', part)}`
  await sql`
    update solark.telemetry as stored
    set (${valueColumns}, txid) = row(${valueColumnsOf('sent')}, pg_current_xact_id())
    from (${selectOnePerKey(incoming, 'REPLACE')}) as sent
    where stored.plant_id = sent.plant_id and stored.timestamp = sent.timestamp
      and ${mayBeStored(part)}
      and ${differ('stored', 'sent')}`.execute(transaction)
}
