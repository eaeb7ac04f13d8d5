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

/** Whether a solark.telemetry made by somebody else exists. */
export async function isThere(db: Kysely<unknown>): Promise<boolean> {
  const { rows } = await sql`select where to_regclass('solark.telemetry') is not null`.execute(db)
  return rows.length > 0
}

/**
 * Brings the old solark.telemetry into the new shape, with its key, index and comments, and loses no reading. Throws
 * an error with every obstacle. See docs/decisions/005-adoption.md.
 */
export async function adopt(db: Kysely<unknown>): Promise<void> {
  // Rows hidden by row-level security would be lost. With this setting PostgreSQL raises an error instead.
  await sql`set local row_security = off`.execute(db)
  await lockOut(db)
  const reason = await prepareTimescale(db)
  const old = await readOldTable(db)
  if (old === null) throw new Error('solark.telemetry disappeared while it was being adopted')
  const way: Way = reason === null ? 'hypertable' : 'in place'
  refuse(await findObstacles(db, old, { way, whyRegular: reason }))
  const tally = await takeTally(db, old)
  refuse([...unfitRows(tally), ...(await plantObstacles(db, old))])

  const moved = await reshape(db, old, { way, greatestId: tally.greatestId }).catch(tellLocks)
  for (const sentence of describe(old, tally, moved)) await raiseNotice(db, sentence)
}

/** Returns how many rows were set aside. */
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

/** PostgreSQL tells the cure only in a hint, and tables with many small chunks have another one. */
function tellLocks(cause: unknown): never {
  const isOutOfLocks = cause instanceof Error && 'code' in cause && cause.code === '53200'
  if (!isOutOfLocks) throw cause
  throw new Error(
    `solark.telemetry cannot be adopted, because its chunks need more locks than the server allows (${cause.message}): set max_locks_per_transaction to 512, restart PostgreSQL, migrate, and set it back`,
    { cause },
  )
}

/** Describes what `adopt` would do, in sentences. Throws what it would throw. Writes nothing. */
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

/** Locks out all readers and writers until the end, if this role may. */
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

/** Sets rows aside in the new shape, so that they can be compared with those that stayed. */
async function aside(db: Kysely<unknown>, old: OldTable): Promise<number> {
  const moved = await setAside(db, old)
  const actions = typeActions(old)
  if (actions.length > 0)
    await sql`alter table solark.telemetry_duplicate ${sql.join(actions)}`.execute(db)
  await sql`
    comment on table solark.telemetry_duplicate is
      'Rows of the adopted solark.telemetry that shared plant and instant with a newer one; exists even if there are none, because it shows that the table was adopted'`.execute(
    db,
  )
  return moved
}

/** Describes what happens to rows and indexes, for notices and for a plan. */
function describe(old: OldTable, tally: Tally, moved: number): string[] {
  const dropped = old.indexes.filter(isSuperfluous).map(({ name }) => name)
  return [
    `An existing solark.telemetry is adopted: ${tally.rows - moved} rows converted, ${moved} set aside in solark.telemetry_duplicate because a newer one has the same plant and instant`,
    `${tally.withoutPlant} rows without a plant belong to plant 0, ${tally.withoutCreation} rows without created_at have the time of the adoption`,
    ...(dropped.length === 0
      ? []
      : [
          `Dropped indexes, because the key (plant_id, timestamp) and the index (timestamp, plant_id) replace them, or no query uses them: ${dropped.join(', ')}`,
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
