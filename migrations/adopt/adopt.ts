import { type Kysely, sql } from 'kysely'
import { prepareTimescale, whyRegular } from '../hypertable.ts'
import { raiseNotice } from '../notice.ts'
import { dropTriggers, restoreAttachments } from './attachments.ts'
import { typeActions, wantedColumns } from './columns.ts'
import { continueIds } from './id-sequence.ts'
import { alterInPlace } from './in-place.ts'
import { copyIntoHypertable } from './into-hypertable.ts'
import { findObstacles, type Way } from './obstacles.ts'
import { isSuperfluous, type OldTable, readOldTable } from './old-table.ts'
import { plantObstacles } from './plant-obstacles.ts'
import { countColliding, setAside, type Tally, takeTally, unfitRows } from './tally.ts'

/** Whether there is a solark.telemetry that somebody else has made. */
export async function isThere(db: Kysely<unknown>): Promise<boolean> {
  const { rows } = await sql`select where to_regclass('solark.telemetry') is not null`.execute(db)
  return rows.length > 0
}

/**
 * Brings the old solark.telemetry into the new shape, with its key, index and comments, and no reading lost. Raises
 * with everything that forbids it. See docs/decisions/005-adoption.md.
 */
export async function adopt(db: Kysely<unknown>): Promise<void> {
  // Rows that a policy of row level security hides would be lost: an error instead.
  await sql`set local row_security = off`.execute(db)
  await lockOut(db)
  const reason = await prepareTimescale(db)
  const old = await readOldTable(db)
  if (old === null) throw new Error('solark.telemetry went away while it was being adopted')
  const way: Way = reason === null ? 'hypertable' : 'in place'
  refuse(await findObstacles(db, old, { way, whyRegular: reason }))
  const tally = await takeTally(db, old)
  refuse([...unfitRows(tally), ...(await plantObstacles(db, old))])

  const moved = await reshape(db, old, { way, greatestId: tally.greatestId }).catch(tellLocks)
  for (const sentence of describe(old, tally, moved)) await raiseNotice(db, sentence)
}

/** Answers how many rows were set aside. */
async function reshape(
  db: Kysely<unknown>,
  old: OldTable,
  { way, greatestId }: { way: Way; greatestId: number },
): Promise<number> {
  await dropTriggers(db, old)
  const moved = await aside(db, old)
  if (way === 'in place') await alterInPlace(db, old)
  else await copyIntoHypertable(db, old)
  await sql`
    alter table solark.telemetry add constraint telemetry_pkey primary key (plant_id, timestamp)`.execute(
    db,
  )
  await continueIds(db, greatestId)
  await restoreAttachments(db, old)
  await verifyColumns(db)
  return moved
}

/** PostgreSQL keeps the cure to itself, in a hint; and there is another for tables in many small chunks. */
function tellLocks(cause: unknown): never {
  const isOutOfLocks = cause instanceof Error && 'code' in cause && cause.code === '53200'
  if (!isOutOfLocks) throw cause
  throw new Error(
    `solark.telemetry cannot be adopted, because its chunks need more locks than the server has room for (${cause.message}): set max_locks_per_transaction to 512, restart PostgreSQL, migrate, and set it back`,
    { cause },
  )
}

/** What `adopt` would do, in sentences; raises what it would raise. Writes nothing. */
export async function planAdoption(db: Kysely<unknown>): Promise<string[]> {
  const old = await readOldTable(db)
  if (old === null) return []
  const reason = await whyRegular(db)
  const way: Way = reason === null ? 'hypertable' : 'in place'
  refuse(await findObstacles(db, old, { way, whyRegular: reason }))
  const tally = await takeTally(db, old)
  refuse([...unfitRows(tally), ...(await plantObstacles(db, old))])
  return [
    ...describe(old, tally, await countColliding(db, old)).map(
      (sentence) => `Planned: ${sentence}`,
    ),
    reason === null
      ? 'Planned: solark.telemetry is a hypertable by timestamp, 30 days a chunk'
      : `Planned: solark.telemetry is a regular table: ${reason}`,
  ]
}

/** Nobody writes or reads until the end, where this role may ask for that. */
async function lockOut(db: Kysely<unknown>): Promise<void> {
  await sql`
    do $$
    begin
      if exists (
        select from pg_class where oid = to_regclass('solark.telemetry')
          and relkind = 'r' and pg_has_role(relowner, 'usage')
      ) then
        lock table solark.telemetry in access exclusive mode;
      end if;
    end
    $$`.execute(db)
}

function refuse(obstacles: readonly string[]): void {
  if (obstacles.length > 0)
    throw new Error(`solark.telemetry cannot be adopted: ${obstacles.join('; ')}`)
}

/** Sets rows aside in the new shape, so that they compare with those that stayed. */
async function aside(db: Kysely<unknown>, old: OldTable): Promise<number> {
  const moved = await setAside(db, old)
  const actions = typeActions(old)
  if (actions.length > 0)
    await sql`alter table solark.telemetry_duplicate ${sql.join(actions)}`.execute(db)
  await sql`
    comment on table solark.telemetry_duplicate is
      'Rows of the adopted solark.telemetry that shared plant and instant with a newer one; also where there are none: it tells that the table was adopted'`.execute(
    db,
  )
  return moved
}

/** What becomes of the rows and indexes, for a notice afterwards as for a plan. */
function describe(old: OldTable, tally: Tally, moved: number): string[] {
  const dropped = old.indexes.filter(isSuperfluous).map(({ name }) => name)
  return [
    `An existing solark.telemetry is adopted: ${tally.rows - moved} rows converted, ${moved} set aside in solark.telemetry_duplicate because a newer one has the same plant and instant`,
    `${tally.withoutPlant} rows without a plant are of plant 0, ${tally.withoutCreation} rows without created_at have the time of the adoption`,
    ...(dropped.length === 0
      ? []
      : [
          `Indexes dropped, which the key (plant_id, timestamp) and the index (timestamp, plant_id) replace, or nothing reads: ${dropped.join(', ')}`,
        ]),
    'Times without a zone are UTC: sessions that write them must have the time zone UTC',
  ]
}

/** Binary COPY into any other type would fail, or store nonsense. */
async function verifyColumns(db: Kysely<unknown>): Promise<void> {
  const adopted = await readOldTable(db)
  for (const [name, { type }] of wantedColumns) {
    const column = adopted?.columns.find((candidate) => candidate.name === name)
    if (column?.type !== type || column.isRounded)
      throw new Error(`solark.telemetry.${name} is ${column?.type} after it was made ${type}`)
  }
}
