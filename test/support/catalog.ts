import { sql } from 'kysely'
import type { Database } from '../../src/database/database.ts'

/** All objects that users have created, except Kysely's tables of migrations, as text that can be compared. */
export async function catalogOf({ kysely }: Database): Promise<string[]> {
  const { rows } = await sql<{ object: string }>`
    with own as (
      select oid, nspname from pg_namespace
      where nspname not like 'pg\\_%' and nspname not in ('information_schema', 'public')
    ),
    packaged as (select objid from pg_depend where deptype = 'e')
    select 'relation ' || own.nspname || '.' || relname || ' ' || relkind::text || coalesce((
      select ': ' || string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull,
        pg_get_expr(adbin, adrelid), col_description(attrelid, attnum)), ', ' order by attnum)
      from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
      where attrelid = pg_class.oid and attnum > 0 and not attisdropped), '') as object
    from pg_class join own on own.oid = relnamespace
    where relname not like 'kysely%' and pg_class.oid not in (select objid from packaged)
    union all
    select 'function ' || pg_get_functiondef(pg_proc.oid) from pg_proc join own on own.oid = pronamespace
    where pg_proc.oid not in (select objid from packaged)
    union all
    select 'constraint ' || conname || ' ' || pg_get_constraintdef(pg_constraint.oid)
    from pg_constraint join own on own.oid = connamespace where conname not like 'kysely%'
    union all
    select 'trigger ' || pg_get_triggerdef(pg_trigger.oid) from pg_trigger
    join pg_class on pg_class.oid = tgrelid join own on own.oid = relnamespace where not tgisinternal
    union all
    select 'extension ' || extname from pg_extension where extname <> 'plpgsql'
    order by object`.execute(kysely)
  return rows.map(({ object }) => object)
}
