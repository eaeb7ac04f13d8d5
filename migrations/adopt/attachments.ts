import { type Kysely, sql } from 'kysely'
import { isSuperfluous, type OldTable } from './old-table.ts'

/** Drops the triggers, so that none fires or fails when rows are moved. */
export async function dropTriggers(db: Kysely<unknown>, { triggers }: OldTable): Promise<void> {
  for (const { name } of triggers) {
    await sql`drop trigger ${sql.id(name)} on solark.telemetry`.execute(db)
  }
}

/**
 * Drops the indexes, except those of constraints: creating them again costs less than maintaining them while rows are
 * moved.
 */
export async function dropIndexes(db: Kysely<unknown>, { indexes }: OldTable): Promise<void> {
  for (const { name, constraint } of indexes) {
    if (constraint === null) await sql`drop index solark.${sql.id(name)}`.execute(db)
  }
}

/** Creates the triggers again, and those indexes that are not superfluous. */
export async function restoreAttachments(db: Kysely<unknown>, old: OldTable): Promise<void> {
  for (const index of old.indexes) {
    if (index.constraint !== null || isSuperfluous(index)) continue
    await restore(db, `the index ${index.name}`, index.definition)
  }
  for (const { name, definition, state } of old.triggers) {
    await restore(db, `the trigger ${name}`, definition)
    if (state === 'enable') continue
    await sql`alter table solark.telemetry ${sql.raw(state)} trigger ${sql.id(name)}`.execute(db)
  }
}

/** Runs a definition taken from the catalog. */
export async function restore(
  db: Kysely<unknown>,
  what: string,
  definition: string,
): Promise<void> {
  try {
    await sql.raw(definition).execute(db)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(
      `solark.telemetry cannot be adopted with ${what} (${reason}): drop it, and create one that fits afterwards`,
      { cause },
    )
  }
}
