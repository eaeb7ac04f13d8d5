import { type RawBuilder, sql } from 'kysely'
import { quantities } from '../../src/quantities.ts'
import { telemetryChecks } from '../telemetry-checks.ts'
import type { OldColumn, OldTable } from './old-table.ts'

interface WantedColumn {
  type: string
  /** Types whose every value converts to `type`. */
  from: readonly string[]
}

const integers = ['smallint', 'integer', 'bigint']
const bigint = { type: 'bigint', from: integers }
const integer = { type: 'integer', from: integers }
const time = {
  type: 'timestamp with time zone',
  from: ['timestamp without time zone', 'timestamp with time zone'],
}
const number = {
  type: 'double precision',
  from: [...integers, 'real', 'numeric', 'double precision'],
}
const flag = { type: 'boolean', from: ['boolean'] }

/** The columns that Heliograph reads and writes. Binary COPY accepts exactly these types. */
export const wantedColumns: ReadonlyMap<string, WantedColumn> = new Map(
  Object.entries({
    id: bigint,
    plant_id: integer,
    timestamp: time,
    ...Object.fromEntries(
      quantities.map(({ column, type }) => [column, type === 'number' ? number : flag]),
    ),
    created_at: time,
  }),
)

/** These columns always have a default and are never null. Others may be null: not measured. */
const required = ['id', 'plant_id', 'timestamp', 'created_at']

/** The value of an old row's column in the new shape. */
export function convertedValue({ name, type }: OldColumn): RawBuilder<unknown> {
  const old = sql.id(name)
  const wanted = wantedColumns.get(name)
  if (wanted === undefined) return sql`${old}`
  if (name === 'plant_id') return sql`coalesce(${old}, 0)::integer`
  if (wanted === time) {
    const instant =
      type === 'timestamp without time zone' ? sql`(${old} at time zone 'UTC')` : sql`${old}`
    return name === 'created_at' ? sql`coalesce(${instant}, now())` : instant
  }
  return type === wanted.type ? sql`${old}` : sql`${old}::${sql.raw(wanted.type)}`
}

/** Whether the column is rewritten, which objects that depend on it may forbid. */
export function isConverted(column: OldColumn): boolean {
  const wanted = wantedColumns.get(column.name)
  if (wanted === undefined) return false
  if (column.type !== wanted.type || column.isRounded) return true
  return required.includes(column.name) && !column.notNull
}

/** The plant of a row of the old table. */
export function plantOf(old: OldTable): RawBuilder<unknown> {
  return old.columns.some(({ name }) => name === 'plant_id') ? sql`coalesce(plant_id, 0)` : sql`0`
}

/** Actions of one ALTER TABLE that give the columns their types, so that the rows are written once. */
export function typeActions(old: OldTable): RawBuilder<unknown>[] {
  return old.columns.filter(isConverted).flatMap((column) => {
    const name = sql.id(column.name)
    const type = sql.raw(wantedColumns.get(column.name)?.type ?? column.type)
    const change = sql`alter column ${name} type ${type} using ${convertedValue(column)}`
    // A default for the old type may not convert, or would convert by the time zone of this session.
    return isDefaultReplaced(column) ? [sql`alter column ${name} drop default`, change] : [change]
  })
}

/** Further actions of the same ALTER TABLE. */
export function shapeActions(old: OldTable): RawBuilder<unknown>[] {
  const existing = new Map(old.columns.map((column) => [column.name, column]))
  const actions = [...wantedColumns].flatMap(([name, { type }]) => {
    const column = existing.get(name)
    const initial =
      name === 'plant_id' ? sql`default 0` : type === time.type ? sql`default now()` : sql``
    if (column === undefined) {
      const notNull = required.includes(name) ? sql`not null` : sql``
      return [sql`add column ${sql.id(name)} ${sql.raw(type)} ${initial} ${notNull}`]
    }
    const alter = sql`alter column ${sql.id(name)}`
    if (!required.includes(name)) return column.notNull ? [sql`${alter} drop not null`] : []
    return [
      ...(isDefaultReplaced(column) ? [sql`${alter} set ${initial}`] : []),
      ...(column.notNull ? [] : [sql`${alter} set not null`]),
    ]
  })
  return [
    ...actions,
    sql`add column txid xid8 not null default pg_current_xact_id()`,
    ...Object.entries(telemetryChecks).map(
      ([name, check]) => sql`add constraint ${sql.id(name)} check (${check})`,
    ),
  ]
}

/** A default plant set by the owner stays: writers that omit the column still mean that plant. */
function isDefaultReplaced({ name, initial }: OldColumn): boolean {
  if (name === 'plant_id') return initial === null || /^null\b/i.test(initial)
  return wantedColumns.get(name) === time
}
