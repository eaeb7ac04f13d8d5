import { type Kysely, sql } from 'kysely'
import { isSigned, type NumberField, numberFields, quantityOf } from '../src/quantities.ts'
import { applyFunctions } from './apply-functions.ts'

/** The SQL types of quantities. */
export const sqlTypes = { number: 'double precision', boolean: 'boolean' } as const

const tileTables = ['solark.rollup_quarter', 'solark.rollup_hour'] as const

/**
 * Adds a quantity to a database that lacks it. A new database has every quantity from its first migration on. Existing
 * readings and tiles have null: not measured.
 */
export async function addQuantity(
  db: Kysely<unknown>,
  field: Parameters<typeof quantityOf>[0],
): Promise<void> {
  const { column, type, description } = quantityOf(field)
  for (const table of ['solark.telemetry', 'solark.latest']) {
    await addColumn(db, table, { column, type: sqlTypes[type] })
  }
  await sql`comment on column solark.telemetry.${sql.ref(column)} is ${sql.lit(asComment(description))}`.execute(
    db,
  )
  const number = numberFields.find((candidate) => candidate === field)
  if (number !== undefined) {
    for (const table of tileTables) await addToTiles(db, table, number)
  }
  await applyFunctions(db, ['refresh_latest', 'telemetry_written'])
}

/** The description of a quantity as a comment in the catalog. */
export function asComment(description: string): string {
  return description.replace(/\.$/, '')
}

/** Adds the columns of a quantity to a table of tiles. */
export async function addToTiles(
  db: Kysely<unknown>,
  table: (typeof tileTables)[number],
  field: NumberField,
): Promise<void> {
  const { column: name, unit } = quantityOf(field)
  const parts: Record<string, { type: string; comment: string }> = {
    covered: {
      type: 'bigint',
      comment:
        'microseconds between neighbouring readings at most the gap limit apart; null if it equals the column covered, or there is no integral',
    },
    integral: {
      type: 'double precision',
      comment: `${unit} times seconds, of the line through the readings`,
    },
    min: { type: 'double precision', comment: `${unit}, of the line and of single readings` },
    max: { type: 'double precision', comment: `${unit}, of the line and of single readings` },
    sum: {
      type: 'double precision',
      comment: `${unit}, of the readings, only if nothing is covered`,
    },
    count: { type: 'integer', comment: 'readings, only if nothing is covered' },
    ...(isSigned(field)
      ? {
          positive: {
            type: 'double precision',
            comment: `${unit} times seconds, of the part above zero`,
          },
        }
      : {}),
  }
  for (const [part, { type, comment }] of Object.entries(parts)) {
    const column = `${name}_${part}`
    await addColumn(db, table, { column, type })
    await sql`comment on column ${sql.table(table)}.${sql.ref(column)} is ${sql.lit(comment)}`.execute(
      db,
    )
  }
}

/** Does nothing if the column exists. `if not exists` would have PostgreSQL say so in a notice, which users see. */
async function addColumn(
  db: Kysely<unknown>,
  table: string,
  { column, type }: { column: string; type: string },
): Promise<void> {
  const { rows } = await sql`
    select from pg_attribute
    where attrelid = to_regclass(${table}) and attname = ${column} and not attisdropped`.execute(db)
  if (rows.length > 0) return
  await sql`alter table ${sql.table(table)} add column ${sql.ref(column)} ${sql.raw(type)}`.execute(
    db,
  )
}
