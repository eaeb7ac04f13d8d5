import { type Kysely, sql } from 'kysely'

/** Throws unless the relation exists, so that no migration succeeds without having done its work. */
export async function verifyRelation(db: Kysely<unknown>, relation: string): Promise<void> {
  const { rows } = await sql<{
    found: boolean
  }>`select to_regclass(${relation}) is not null as found`.execute(db)
  if (rows[0]?.found !== true) throw new Error(`${relation} is not there after it was made`)
}

export async function verifyTrigger(
  db: Kysely<unknown>,
  relation: string,
  trigger: string,
): Promise<void> {
  const { rows } = await sql`
    select from pg_trigger
    where tgrelid = to_regclass(${relation}) and tgname = ${trigger} and tgenabled <> 'D'`.execute(
    db,
  )
  if (rows.length === 0)
    throw new Error(`Trigger ${trigger} on ${relation} is not there after it was made`)
}
