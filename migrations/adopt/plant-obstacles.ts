import { type Kysely, sql } from 'kysely'
import { convertedValue } from './columns.ts'
import type { OldTable } from './old-table.ts'

interface Constraint {
  name: string
  /** A condition on columns of `reading`, for rows that it would refuse. */
  refuses: string
  cure: string
}

/**
 * Finds constraints that accept a reading without a plant, but not one of plant 0, which such a reading becomes:
 * foreign keys without a plant 0, and checks. Writes nothing.
 */
export async function plantObstacles(db: Kysely<unknown>, old: OldTable): Promise<string[]> {
  if (!old.columns.some(({ name }) => name === 'plant_id')) return []
  const converted = old.columns.map(
    (column) => sql`${convertedValue(column)} as ${sql.id(column.name)}`,
  )
  const obstacles: string[] = []
  for (const { name, refuses, cure } of await readConstraints(db)) {
    const { rows } = await sql<{ count: number }>`
      select count(*)::float8 as count
      from (
        select ${sql.join(converted)} from solark.telemetry where plant_id is null
      ) as reading
      where ${sql.raw(refuses)}`.execute(db)
    const count = rows[0]?.count ?? 0
    if (count === 0) continue
    obstacles.push(
      `${count} rows without a plant become rows of plant 0, which the constraint ${name} refuses: ${cure}`,
    )
  }
  return obstacles
}

async function readConstraints(db: Kysely<unknown>): Promise<Constraint[]> {
  const { rows } = await sql<Constraint>`
    with touching as (
      select * from pg_constraint
      where conrelid = 'solark.telemetry'::regclass and contype in ('c', 'f') and convalidated
        and conkey @> array(
          select attnum from pg_attribute where attrelid = conrelid and attname = 'plant_id')
    )
    select conname::text as name,
      case contype
        when 'c' then format('not (%s)', pg_get_expr(conbin, conrelid))
        else (
          select format('(%s) and not exists (select from %s as plant where %s)',
            string_agg(format('reading.%I is not null', mine.attname), ' and '), confrelid::regclass,
            string_agg(format('plant.%I = reading.%I', theirs.attname, mine.attname), ' and '))
          from unnest(conkey, confkey) as pair (mine, theirs)
          join pg_attribute as mine on mine.attrelid = conrelid and mine.attnum = pair.mine
          join pg_attribute as theirs on theirs.attrelid = confrelid and theirs.attnum = pair.theirs
        ) end as refuses,
      case contype
        when 'c' then 'give them a plant, or drop it'
        else format('give them a plant, add the plant 0 to %s, or drop it', confrelid::regclass) end as cure
    from touching
    where contype = 'c' or has_table_privilege(confrelid, 'select')
    order by conname`.execute(db)
  return rows
}
