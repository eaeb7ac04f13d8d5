import { type Kysely, type RawBuilder, sql } from 'kysely'
import { wantedColumns } from './columns.ts'
import { isSuperfluous, type OldColumn, type OldIndex, type OldTable } from './old-table.ts'

/**
 * Finds indexes over expressions that cannot be created again after the columns have changed their types. An example
 * is `date_trunc('day', timestamp)`, which for a time with a zone depends on the session. Writes nothing.
 */
export async function indexObstacles(db: Kysely<unknown>, old: OldTable): Promise<string[]> {
  const obstacles: string[] = []
  for (const index of old.indexes) {
    if (index.isPlain || index.constraint !== null || isSuperfluous(index)) continue
    const reason = await whyNotAgain(db, old, index)
    if (reason === undefined) continue
    obstacles.push(
      `the index ${index.name} cannot be created again (${reason}): drop it, and create one that fits afterwards`,
    )
  }
  return obstacles
}

async function whyNotAgain(
  db: Kysely<unknown>,
  { columns }: OldTable,
  index: OldIndex,
): Promise<string | undefined> {
  for (const expression of index.expressions) {
    const before = await fold(db, expression, columns, ({ type }) => type)
    if (before !== 'constant') continue
    const after = await fold(
      db,
      expression,
      columns,
      ({ name, type }) => wantedColumns.get(name)?.type ?? type,
    )
    if (after === 'varies') return `${expression} then depends on the time zone`
    if (after !== 'constant' && after !== 'unknown') return after.refused
  }
  return undefined
}

/**
 * The planner folds an expression of constants if all of it is immutable, which an index requires. Otherwise it leaves
 * the expression as it is. So this plans the expression over sample values of the columns.
 */
async function fold(
  db: Kysely<unknown>,
  expression: string,
  columns: readonly OldColumn[],
  typeOf: (column: OldColumn) => string,
): Promise<'constant' | 'varies' | 'unknown' | { refused: string }> {
  const samples = columns.map(
    (column) => sql`${sampleOf(typeOf(column))} as ${sql.id(column.name)}`,
  )
  await sql`savepoint fold`.execute(db)
  try {
    const { rows } = await sql<{ 'QUERY PLAN': [{ Plan: { Output: string[] } }] }>`
      explain (verbose, format json)
      select ${sql.raw(expression)} from (select ${sql.join(samples)}) as telemetry`.execute(db)
    const output = rows[0]?.['QUERY PLAN'][0].Plan.Output.join() ?? ''
    return CONSTANT.test(output) ? 'constant' : 'varies'
  } catch (error) {
    await sql`rollback to savepoint fold`.execute(db)
    // Class 42: the function or operator does not exist for the new types. Any other error: the sample value was
    // unlucky.
    const isOfTypes = error instanceof Error && 'code' in error && /^42/.test(String(error.code))
    return isOfTypes ? { refused: error.message } : 'unknown'
  } finally {
    await sql`release savepoint fold`.execute(db)
  }
}

/** A constant as PostgreSQL prints it: `'x'::text`, `1`, `true`, `NULL::text`. */
const CONSTANT =
  /^\(?('([^']|'')*'|-?\d[\d.e+-]*|true|false|NULL)(::[^(']*(\(\d+(,\d+)?\))?[^(']*)?\)?$/i

function sampleOf(type: string): RawBuilder<unknown> {
  const sample = samples[type]
  return sample === undefined ? sql`null::${sql.raw(type)}` : sql.raw(`${sample}::${type}`)
}

/** Not null, because a strict function would not be called. */
const samples: Readonly<Record<string, string>> = {
  'timestamp without time zone': "'2001-02-03 04:05:06'",
  'timestamp with time zone': "'2001-02-03 04:05:06+00'",
  smallint: '1',
  integer: '1',
  bigint: '1',
  real: '1',
  numeric: '1',
  'double precision': '1',
  boolean: 'true',
  text: "'x'",
  'character varying': "'x'",
}
