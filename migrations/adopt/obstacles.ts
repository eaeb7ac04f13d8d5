import { type Kysely, sql } from 'kysely'
import { isConverted, wantedColumns } from './columns.ts'
import { indexObstacles } from './index-obstacles.ts'
import { isSuperfluous, type OldColumn, type OldTable } from './old-table.ts'

/** Whether the table is altered in place, or its rows are copied into a hypertable that replaces it. */
export type Way = 'in place' | 'hypertable'

/** Finds everything in the catalog that forbids the adoption, each with its cure. Writes nothing. */
export async function findObstacles(
  db: Kysely<unknown>,
  old: OldTable,
  { way, whyRegular }: { way: Way; whyRegular: string | null },
): Promise<string[]> {
  if (old.kind !== 'r')
    return ['it is not a table, but a view, a partitioned or a foreign table: rename it']
  if (!old.isOurs) {
    return [
      `it belongs to the role ${old.owner}: migrate as that role, or grant ${old.owner} to the one that migrates`,
    ]
  }
  const obstacles = [
    ...(old.isPartOfAnother ? ['it is a partition or child of another table: detach it'] : []),
    ...(old.isHypertable && whyRegular !== null
      ? [`it is a hypertable, but ${whyRegular}: update the extension`]
      : []),
    ...columnObstacles(old),
    ...(way === 'hypertable' ? uniqueObstacles(old) : []),
    ...(await dependentObstacles(db, old, way)),
    ...(await indexObstacles(db, old)),
    ...(old.isHypertable ? await compressionObstacles(db) : []),
  ]
  const { rows } = await sql`
    select where to_regclass('solark.telemetry_duplicate') is not null`.execute(db)
  return rows.length === 0
    ? obstacles
    : [...obstacles, 'solark.telemetry_duplicate already exists: rename or drop it']
}

function columnObstacles({ columns }: OldTable): string[] {
  const names = columns.map(({ name }) => name)
  const missing = ['id', 'timestamp'].filter((name) => !names.includes(name))
  return [
    ...missing.map((name) => `it has no column ${name}: add it`),
    ...columns.flatMap((column) => columnObstacle(column) ?? []),
  ]
}

function columnObstacle(column: OldColumn): string | null {
  const { name, type, notNull, initial, isGenerated, isIdentity } = column
  const wanted = wantedColumns.get(name)
  if (name === 'txid') return 'the column txid has a name that Heliograph needs: rename it'
  if (wanted === undefined) {
    return notNull && initial === null && !isGenerated && !isIdentity
      ? `the column ${name} is not null and has no default, so that no reading could be stored: give it a default, or drop its not null`
      : null
  }
  if (isGenerated) return `the column ${name} is generated: drop its expression`
  return wanted.from.includes(type)
    ? null
    : `the column ${name} is ${type}, which does not convert to ${wanted.type}: alter its type, with an expression after USING that says how`
}

function uniqueObstacles({ indexes }: OldTable): string[] {
  return indexes
    .filter((index) => index.constraint !== 'p' && !isSuperfluous(index))
    .filter(
      ({ isUnique, keys, constraint }) =>
        (isUnique && !keys.includes('timestamp')) || constraint === 'x',
    )
    .map(
      ({ name }) =>
        `${name} is unique without the timestamp, which a hypertable cannot keep: drop it`,
    )
}

/** Finds what would be lost with the old table, or forbids a change of a column's type. */
async function dependentObstacles(db: Kysely<unknown>, old: OldTable, way: Way): Promise<string[]> {
  const converted = old.columns.filter(isConverted).map(({ name }) => name)
  const isCopied = sql.lit(way === 'hypertable')
  const { rows } = await sql<{ obstacle: string }>`
    with dependent as (
      select classid, objid, refclassid, (
        select attname = any (${converted}::text[]) from pg_attribute
        where attrelid = relation.oid and attnum = refobjsubid
      ) as on_converted
      from pg_class as relation
      join pg_depend on
        (refclassid = 'pg_class'::regclass and refobjid = relation.oid)
        or (refclassid = 'pg_type'::regclass and refobjid in (
          select reltype union select typarray from pg_type where pg_type.oid = reltype))
      where relation.oid = 'solark.telemetry'::regclass
    )
    select distinct format('%s depends on it: drop it, and create it again afterwards', case
        when pg_rewrite.oid is null then pg_describe_object(classid, objid, 0)
        when ev_class = 'solark.telemetry'::regclass then pg_describe_object(classid, objid, 0)
        else pg_describe_object('pg_class'::regclass, ev_class, 0) end) as obstacle
    from dependent
    left join pg_rewrite on classid = 'pg_rewrite'::regclass and pg_rewrite.oid = objid
    left join pg_class as view on view.oid = ev_class
    where coalesce(view.relnamespace::regnamespace::text !~ '^_timescaledb_', true) and (
      classid = 'pg_rewrite'::regclass
      or classid = 'pg_proc'::regclass and (refclassid = 'pg_class'::regclass or ${isCopied})
      or classid = 'pg_class'::regclass and refclassid = 'pg_type'::regclass
      or classid in ('pg_policy'::regclass, 'pg_publication_rel'::regclass)
        and (on_converted or ${isCopied})
      or classid = 'pg_attrdef'::regclass and on_converted and exists (
        select from pg_attrdef join pg_attribute on attrelid = adrelid and attnum = adnum
        where pg_attrdef.oid = objid and attgenerated <> ''
      )
    )
    union all
    select format('the foreign key %s of %s references it: drop it', conname, conrelid::regclass)
    from pg_constraint where contype = 'f' and confrelid = 'solark.telemetry'::regclass
      and conparentid = 0
    union all
    select format('the table %s inherits from it: detach it', inhrelid::regclass)
    from pg_inherits
    where inhparent = 'solark.telemetry'::regclass and not ${sql.lit(old.isHypertable)}
    union all
    select 'it has row level security, which a hypertable would lose: disable it'
    from pg_class
    where oid = 'solark.telemetry'::regclass and relrowsecurity and ${isCopied}
    order by 1`.execute(db)
  const aggregates = old.isHypertable ? await continuousAggregates(db) : []
  return [
    ...rows.map(({ obstacle }) => obstacle),
    ...aggregates.map(
      (name) =>
        `the continuous aggregate ${name} depends on it: drop it, and create it again afterwards`,
    ),
  ]
}

async function continuousAggregates(db: Kysely<unknown>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select format('%I.%I', view_schema, view_name) as name
    from timescaledb_information.continuous_aggregates
    where hypertable_schema = 'solark' and hypertable_name = 'telemetry'
    order by 1`.execute(db)
  return rows.map(({ name }) => name)
}

async function compressionObstacles(db: Kysely<unknown>): Promise<string[]> {
  const { rows } = await sql<{ compressed: number }>`
    select count(*)::float8 as compressed from timescaledb_information.chunks
    where hypertable_schema = 'solark' and hypertable_name = 'telemetry' and is_compressed`.execute(
    db,
  )
  const compressed = rows[0]?.compressed ?? 0
  return compressed === 0
    ? []
    : [
        `${compressed} of its chunks are compressed: remove its compression policy and decompress them with select decompress_chunk(chunk, true) from show_chunks('solark.telemetry') as chunk`,
      ]
}
