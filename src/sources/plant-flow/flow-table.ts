import { type Kysely, type RawBuilder, sql } from 'kysely'
import { toDatabaseFault } from '../../database/faults.ts'
import type { Schema } from '../../database/schema.ts'
import { abridge, Fault } from '../../fault.ts'
import {
  cloudFlowNames,
  type FlowField,
  type FlowNames,
  flowArrows,
  flowEquipment,
  flowNumbers,
} from '../solark-flow.ts'
import type { FlowRow } from './flow-reading.ts'

/** A table that the REST service filled. */
export interface FlowTable {
  /** As SQL writes it. */
  readonly name: string
  readonly columns: FlowNames
  readonly timeColumn: string
  /** Whether its times are instants; otherwise they are what a clock showed. */
  readonly timeHasZone: boolean
  /** How many rows it has, of the plant if one is given. */
  countRows(plantId: number | undefined): Promise<number>
  /** Its rows in the order in which they were written, in constant memory. */
  readRows(plantId: number | undefined): AsyncGenerator<readonly FlowRow[], void, undefined>
}

const common = {
  pvPower: 'pv_power',
  battPower: 'batt_power',
  gridPower: 'grid_power',
  loadPower: 'load_power',
  genPower: 'gen_power',
  minPower: 'min_power',
  soc: 'soc',
  existsGen: 'exists_gen',
  existsMin: 'exists_min',
} as const

/** The names of this table's arrows say where the power was thought to go, not what the cloud said. */
const newer: FlowNames = {
  ...common,
  pvTo: 'pv_to_load',
  toGrid: 'pv_to_grid',
  toBat: 'pv_to_bat',
  batTo: 'bat_to_load',
  gridTo: 'grid_to_load',
  genTo: 'gen_to_load',
}

const older: FlowNames = {
  ...common,
  pvTo: 'pv_to',
  toGrid: 'to_grid',
  toBat: 'to_bat',
  batTo: 'bat_to',
  gridTo: 'grid_to',
  genTo: 'gen_to',
}

const fields: readonly FlowField[] = [...flowNumbers, ...flowArrows, ...flowEquipment]

const NUMBERS = ['smallint', 'integer', 'bigint', 'real', 'double precision', 'numeric']
const WITH_ZONE = 'timestamp with time zone'
const WITHOUT_ZONE = 'timestamp without time zone'
const ROWS_A_FETCH = 2000

/**
 * Finds a table by its name as SQL writes it. `snapshot` is a transaction that reads, so that the number of rows and
 * the rows belong together. Throws `BAD_USER_INPUT` if it is no name, `IMPORT_REFUSED` if there is no such table or it
 * has another shape, and `DATABASE_FORBIDS` if it may not be read.
 */
export async function findFlowTable(snapshot: Kysely<Schema>, wanted: string): Promise<FlowTable> {
  await setTextForms(snapshot)
  const found = await findTable(snapshot, wanted)
  const types = await readColumnTypes(snapshot, found.oid)
  const columns = types.has(newer.toBat) || !types.has(older.toBat) ? newer : older
  const timeColumn = !types.has('created_at') && types.has('ts') ? 'ts' : 'created_at'
  requireColumns(found.name, types, columns, timeColumn)

  const table = sql.id(found.schema, found.table)
  const time = sql.ref(timeColumn)
  const timeHasZone = types.get(timeColumn) === WITH_ZONE
  const instant = timeHasZone ? time : sql`${time} at time zone 'UTC'`
  const order = types.has('id') ? sql.ref('id') : time
  const ofPlant = (plantId: number | undefined) =>
    plantId === undefined ? sql`` : sql`where plant_id = ${sql.lit(plantId)}`

  return {
    name: found.name,
    columns,
    timeColumn,
    timeHasZone,
    countRows: async (plantId) => {
      const { rows } = await sql<{ count: number }>`
        select count(*) as count from ${table} ${ofPlant(plantId)}`
        .execute(snapshot)
        .catch(explain(found.name))
      return rows[0]?.count ?? 0
    },
    readRows: async function* (plantId) {
      await sql`
        declare flow no scroll cursor for
        select plant_id as "plantId", ${selected(columns)}, ${answered(types)},
          case when ${instant} >= '1900-01-01 00:00+00' and ${instant} < '2255-01-01 00:00+00' then ${instant} end as time
        from ${table} ${ofPlant(plantId)} order by ${order}`
        .execute(snapshot)
        .catch(explain(found.name))
      for (;;) {
        const { rows } = await sql<FlowRow>`fetch forward ${sql.lit(ROWS_A_FETCH)} from flow`
          .execute(snapshot)
          .catch(explain(found.name))
        if (rows.length === 0) return
        yield rows
      }
    },
  }
}

/** Of one transaction, because the connection may be a pooler's, and the session another program's. */
async function setTextForms(snapshot: Kysely<Schema>): Promise<void> {
  const settings = {
    timezone: 'UTC',
    datestyle: 'ISO',
    extra_float_digits: '1',
    statement_timeout: '0',
    idle_in_transaction_session_timeout: '0',
  }
  const calls = Object.entries(settings).map(
    ([name, value]) => sql`set_config(${name}, ${value}, true)`,
  )
  await sql`select ${sql.join(calls)}`.execute(snapshot)
}

interface Found {
  oid: number
  schema: string
  table: string
  name: string
}

async function findTable(snapshot: Kysely<Schema>, wanted: string): Promise<Found> {
  const { rows } = await sql<Found>`
    select pg_class.oid::bigint as oid, nspname as schema, relname as table, format('%I.%I', nspname, relname) as name
    from pg_class join pg_namespace on pg_namespace.oid = relnamespace
    where pg_class.oid = to_regclass(${wanted})`
    .execute(snapshot)
    .catch((error: unknown) => {
      if (isNoName(error)) throw noName(wanted, error)
      return explain(wanted)(error)
    })
  const [found] = rows
  if (found === undefined) {
    throw new Fault(
      'IMPORT_REFUSED',
      `Expected a table of the REST service; the database has no ${abridge(wanted)}: name it with its schema, such as solark.plant_flow, and the database with --from-url if it is in another one`,
    )
  }
  return found
}

/** SQLSTATEs of a name that cannot be parsed, or has more than schema and table. */
function isNoName(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    ['42602', '42601', '0A000'].includes(`${error.code}`)
  )
}

function noName(wanted: string, cause: unknown): Fault {
  return new Fault(
    'BAD_USER_INPUT',
    `Expected --from-table schema.table, with names in double quotes as SQL writes them; got ${abridge(wanted)}`,
    { cause },
  )
}

async function readColumnTypes(
  snapshot: Kysely<Schema>,
  oid: number,
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ name: string; type: string }>`
    select attname as name, atttypid::regtype::text as type
    from pg_attribute
    where attrelid = ${oid}::bigint::oid and attnum > 0 and not attisdropped
    order by attnum`.execute(snapshot)
  return new Map(rows.map(({ name, type }) => [name, type]))
}

/** Throws unless all columns are there, with types that can be read. */
function requireColumns(
  name: string,
  types: ReadonlyMap<string, string>,
  columns: FlowNames,
  timeColumn: string,
): void {
  const expected = new Map<string, readonly string[]>([
    ['plant_id', ['smallint', 'integer', 'bigint']],
    [timeColumn, [WITH_ZONE, WITHOUT_ZONE]],
    ...flowNumbers.map((field) => [columns[field], NUMBERS] as const),
    ...[...flowArrows, ...flowEquipment].map((field) => [columns[field], ['boolean']] as const),
  ])
  const missing = [...expected.keys()].filter((column) => !types.has(column))
  if (missing.length > 0) {
    throw new Fault(
      'IMPORT_REFUSED',
      `${name} is no table of the REST service: expected the columns ${[...expected.keys()].join(', ')}; it lacks ${missing.join(', ')}, and has ${[...types.keys()].join(', ')}`,
    )
  }
  if (types.has('raw_json')) expected.set('raw_json', ['jsonb', 'json'])
  for (const [column, fitting] of expected) {
    const type = types.get(column) ?? ''
    if (fitting.includes(type)) continue
    throw new Fault(
      'IMPORT_REFUSED',
      `Expected the column ${column} of ${name} to be ${fitting.join(' or ')}; it is ${type}`,
    )
  }
}

/** Numbers by their text, so that a real of 81.3 does not become 81.30000305. */
function selected(columns: FlowNames): RawBuilder<unknown> {
  return sql.join([
    ...flowNumbers.map(
      (field) => sql`${sql.ref(columns[field])}::text::double precision as ${sql.id(field)}`,
    ),
    ...[...flowArrows, ...flowEquipment].map(
      (field) => sql`${sql.ref(columns[field])} as ${sql.id(field)}`,
    ),
  ])
}

/** What the answer in `raw_json` lacks; an answer that lacks nothing is recognised without a look at each name. */
function answered(types: ReadonlyMap<string, string>): RawBuilder<unknown> {
  if (!types.has('raw_json')) return sql`false as "hasAnswer", null::text[] as missing`
  const answer = sql`raw_json::jsonb`
  const isAnswer = sql`coalesce(jsonb_typeof(${answer}) = 'object', false)`
  const names = sql`array[${sql.join(fields.map((field) => sql.lit(cloudFlowNames[field])))}]`
  const pairs = sql.join(
    fields.map((field) => sql`(${sql.lit(field)}, ${sql.lit(cloudFlowNames[field])})`),
  )
  return sql`
    ${isAnswer} as "hasAnswer",
    case when ${isAnswer} and not ${answer} ?& ${names} then array(
      select field from (values ${pairs}) as named (field, name) where not ${answer} ? name
    ) end as missing`
}

/** For `catch` of a query: throws the fault that says what it means for the table. */
function explain(name: string): (error: unknown) => never {
  return (error) => {
    const fault = toDatabaseFault(error)
    if (fault?.code === 'DATABASE_FORBIDS') {
      throw new Fault(
        'DATABASE_FORBIDS',
        `Expected to be allowed to read ${name}: grant the role of this connection usage on its schema and select on the table`,
        { cause: error },
      )
    }
    if (fault === undefined) throw error
    throw new Fault('IMPORT_REFUSED', `Reading ${name} failed, nothing was stored`, {
      cause: error,
    })
  }
}
