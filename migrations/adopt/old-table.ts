import { type Kysely, sql } from 'kysely'
import { isHypertable } from '../hypertable.ts'

/** What somebody else's solark.telemetry is, by the catalog. */
export interface OldTable {
  /** As pg_class.relkind has it: `r` is a table. */
  kind: string
  isPartOfAnother: boolean
  isHypertable: boolean
  owner: string
  /** Whether this role may do what the owner may. */
  isOurs: boolean
  columns: OldColumn[]
  primaryKey: string | null
  indexes: OldIndex[]
  triggers: OldTrigger[]
}

export interface OldColumn {
  name: string
  /** In full and without precision: `timestamp without time zone`. */
  type: string
  /** Whether the type has a precision that rounds: timestamptz(0), numeric(4,1). */
  isRounded: boolean
  notNull: boolean
  /** The default's expression. */
  initial: string | null
  /** Computed by the database: generated, not an identity. */
  isGenerated: boolean
  isIdentity: boolean
}

export interface OldIndex {
  name: string
  definition: string
  keys: string[]
  isUnique: boolean
  /** By columns alone, all rows, B-tree. */
  isPlain: boolean
  /** What it is over besides columns: expressions, and which rows. */
  expressions: string[]
  /** As pg_constraint.contype has it, where the index belongs to a constraint. */
  constraint: string | null
}

export interface OldTrigger {
  name: string
  definition: string
  /** As ALTER TABLE says it: `enable`, `disable`, `enable replica`, `enable always`. */
  state: string
}

/** Answers null where there is no solark.telemetry. Writes nothing. */
export async function readOldTable(db: Kysely<unknown>): Promise<OldTable | null> {
  const { rows } = await sql<Omit<OldTable, 'isHypertable'>>`
    select relkind::text as kind,
      relispartition or exists (select from pg_inherits where inhrelid = relation.oid)
        as "isPartOfAnother",
      pg_get_userbyid(relowner)::text as owner,
      pg_has_role(relowner, 'usage') as "isOurs",
      (select conname::text from pg_constraint where conrelid = relation.oid and contype = 'p')
        as "primaryKey",
      (
        select coalesce(json_agg(json_build_object(
          'name', attname,
          'type', format_type(atttypid, null),
          'isRounded', atttypmod >= 0,
          'notNull', attnotnull,
          'initial', case when attgenerated = '' then pg_get_expr(adbin, adrelid) end,
          'isGenerated', attgenerated <> '',
          'isIdentity', attidentity <> ''
        ) order by attnum), '[]')
        from pg_attribute
        left join pg_attrdef on adrelid = attrelid and adnum = attnum
        where attrelid = relation.oid and attnum > 0 and not attisdropped
      ) as columns,
      (
        select coalesce(json_agg(json_build_object(
          'name', index.relname,
          'definition', pg_get_indexdef(indexrelid),
          'keys', array(
            select attname from unnest(indkey::int2[]) with ordinality as key (number, place)
            join pg_attribute on attrelid = relation.oid and attnum = key.number
            order by place
          ),
          'isUnique', indisunique,
          'isPlain', indpred is null and indexprs is null and indnatts = indnkeyatts
            and amname = 'btree',
          'expressions', array(
            select pg_get_indexdef(indexrelid, place::integer, false)
            from unnest(indkey::int2[]) with ordinality as key (number, place) where number = 0
            union all
            select pg_get_expr(indpred, indrelid) where indpred is not null
          ),
          'constraint', (select contype from pg_constraint
            where conindid = indexrelid and conrelid = relation.oid)
        ) order by index.relname), '[]')
        from pg_index
        join pg_class as index on index.oid = indexrelid
        join pg_am on pg_am.oid = index.relam
        where indrelid = relation.oid
      ) as indexes,
      (
        select coalesce(json_agg(json_build_object(
          'name', tgname,
          'definition', pg_get_triggerdef(pg_trigger.oid),
          'state', json_build_object('O', 'enable', 'D', 'disable', 'R', 'enable replica',
            'A', 'enable always') ->> tgenabled::text
        ) order by tgname), '[]')
        from pg_trigger
        join pg_proc on pg_proc.oid = tgfoid
        join pg_namespace on pg_namespace.oid = pronamespace
        where tgrelid = relation.oid and not tgisinternal and nspname !~ '^_timescaledb_'
      ) as triggers
    from pg_class as relation
    where relation.oid = to_regclass('solark.telemetry')`.execute(db)
  const [table] = rows
  if (table === undefined) return null
  return { ...table, isHypertable: await isHypertable(db, 'solark.telemetry') }
}

/** Whether the new key and index do what this one does, or nobody asks for what it does. */
export function isSuperfluous({ keys, isPlain, isUnique, constraint }: OldIndex): boolean {
  if (!isPlain || constraint !== null) return false
  const pair = ['plant_id,timestamp', 'timestamp,plant_id']
  const single = ['plant_id', 'timestamp', 'created_at']
  return [...pair, ...(isUnique ? [] : single)].includes(keys.join())
}
