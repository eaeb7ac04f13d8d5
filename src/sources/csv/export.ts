import type { Readable } from 'node:stream'
import type { Session } from '../../database/database.ts'
import { formatInstant } from '../../database/instant.ts'
import { quantities } from '../../quantities.ts'
import type { Selection } from '../../telemetry/extent.ts'
import { ABSURD } from '../../telemetry/reading.ts'
import { requireSchema } from '../../telemetry/schema-ready.ts'

/**
 * Writes readings as CSV that `importCsv` reads back bit for bit: a header of column names, then a line for each
 * reading, in the order of plant and time. Times are RFC 3339 in UTC with microseconds. Numbers are the shortest that
 * give the same double. What was not measured, or is too large to be a measurement, is empty. Nothing is held in
 * memory.
 */
export async function exportCsv(session: Session, selection: Selection): Promise<Readable> {
  await requireSchema(session.kysely)
  const measured = quantities.map(({ column, type }) =>
    type === 'boolean'
      ? `${column}::text as ${column}`
      : `case when abs(${column}) < ${ABSURD} then ${column} end as ${column}`,
  )
  // COPY takes no parameters; numbers and formatted instants need no quoting.
  return session.copyTo(`
    copy (
      select plant_id,
        to_char(stored.timestamp at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as timestamp,
        ${measured.join(', ')}
      from solark.telemetry as stored
      where ${conditionsOf(selection).join(' and ')}
      order by stored.plant_id, stored.timestamp
    ) to stdout with (format csv, header)`)
}

function conditionsOf({ plantId, from, to }: Selection): string[] {
  const conditions = ['true']
  if (plantId !== undefined) conditions.push(`stored.plant_id = ${Number(plantId)}`)
  if (from !== undefined) conditions.push(`stored.timestamp >= '${formatInstant(from)}'`)
  if (to !== undefined) conditions.push(`stored.timestamp < '${formatInstant(to)}'`)
  return conditions
}
