import { type Kysely, sql } from 'kysely'

interface IdSequence {
  /** Quoted if necessary. */
  name: string
  isOurs: boolean
  isOwnedByColumn: boolean
  isIdentity: boolean
  last: number
}

/** Returns the sequence that generates the ids of solark.telemetry, whether the column owns it or not. */
export async function readIdSequence(db: Kysely<unknown>): Promise<IdSequence | null> {
  const { rows } = await sql<Omit<IdSequence, 'last'>>`
    with id as (
      select attrelid, attnum, attidentity from pg_attribute
      where attrelid = 'solark.telemetry'::regclass and attname = 'id'
    ),
    owned as (
      select objid from pg_depend join id on refobjid = attrelid and refobjsubid = attnum
      where classid = 'pg_class'::regclass and refclassid = 'pg_class'::regclass and deptype in ('a', 'i')
    ),
    used as (
      select refobjid from id
      join pg_attrdef on adrelid = attrelid and adnum = attnum
      join pg_depend on classid = 'pg_attrdef'::regclass and objid = pg_attrdef.oid
      where refclassid = 'pg_class'::regclass
    )
    select format('%I.%I', relnamespace::regnamespace, relname) as name,
      pg_has_role(relowner, 'usage') as "isOurs",
      oid in (select objid from owned) as "isOwnedByColumn",
      attidentity <> '' as "isIdentity"
    from pg_class, id
    where relkind = 'S' and (
      oid in (select refobjid from used) or attidentity <> '' and oid in (select objid from owned)
    )
    limit 1`.execute(db)
  const [sequence] = rows
  if (sequence === undefined) return null
  const { rows: state } = await sql<{ last: number }>`
    select last_value::float8 as last from ${sql.raw(sequence.name)}`.execute(db)
  return { ...sequence, last: state[0]?.last ?? 0 }
}

/** Lets ids continue as bigint after the greatest one, with a new sequence if there is none. */
export async function continueIds(db: Kysely<unknown>, greatestId: number): Promise<void> {
  const sequence = await readIdSequence(db)
  const restart =
    sequence === null || sequence.last < greatestId
      ? sql`restart with ${sql.lit(greatestId + 1)}`
      : sql``
  if (sequence === null) {
    await sql`create sequence solark.telemetry_id_seq`.execute(db)
    await sql`alter sequence solark.telemetry_id_seq ${restart} owned by solark.telemetry.id`.execute(
      db,
    )
    await sql`
      alter table solark.telemetry
      alter column id set default nextval('solark.telemetry_id_seq')`.execute(db)
  } else if (sequence.isOurs) {
    await sql`alter sequence ${sql.raw(sequence.name)} as bigint ${restart}`.execute(db)
  }
}
