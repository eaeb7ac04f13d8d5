import { readFile } from 'node:fs/promises'
import { type Kysely, sql } from 'kysely'
import { telemetryColumns } from '../src/quantities.ts'

const folder = new URL('functions/', import.meta.url)

/**
 * Creates or replaces each function with the current text of its file in migrations/functions, including the triggers
 * that call it. In the text, `{columns}` stands for every column of solark.telemetry, by name, so that a column added
 * by somebody else does not break the triggers. `{written.columns}` stands for those of the relation `written`.
 *
 * An earlier migration applies the current text, too. PL/pgSQL looks up tables and columns only when a function first
 * runs.
 */
export async function applyFunctions(db: Kysely<unknown>, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const text = await readFile(new URL(`${name}.sql`, folder), 'utf8')
    for (const statement of statementsOf(text)) await sql.raw(statement).execute(db)
  }
}

/**
 * Splits a file into statements, each with its comments. A `;` at the end of a line ends a statement, unless it is
 * within `$$`.
 */
function statementsOf(text: string): string[] {
  const statements: string[] = []
  let statement = ''
  for (const part of filled(text).split(/(?<=;\n)/)) {
    statement += part
    if (statement.split('$$').length % 2 === 0) continue
    statements.push(statement)
    statement = ''
  }
  if (statement.trim() !== '') statements.push(statement)
  return statements
}

function filled(text: string): string {
  return text.replace(/\{(\w+\.)?columns\}/g, (_, relation = '') =>
    telemetryColumns.map((column) => `${relation}${column}`).join(', '),
  )
}
