import { sql } from 'kysely'
import type { Database } from '../../../src/database/database.ts'
import type { Instant } from '../../../src/database/instant.ts'
import { timestamptz } from '../../../src/database/timestamptz.ts'
import { readingColumns } from '../../../src/quantities.ts'
import type { Reading } from '../../../src/telemetry/reading.ts'
import { isSame, numberAt, numberedReading } from './numbered.ts'

/** How the readings of a database differ from what was sent and acknowledged. */
export interface Comparison {
  acknowledged: number
  /** Acknowledged, and not in the database. */
  lost: number
  /** More than once in the database. */
  doubled: number
  /** In the database with other values than were sent. */
  altered: number
  /** In the database, and never sent. */
  unsent: number
}

export const noDifference = { lost: 0, doubled: 0, altered: 0, unsent: 0 }

interface Series {
  sent: number
  acknowledged: Set<number>
}

/** The readings that were sent, and those of them that were acknowledged, by plant and number. */
export class Ledger {
  readonly #origin: Instant
  readonly #series = new Map<number, Series>()

  /** `origin`: the time of each plant's first reading. */
  constructor(origin: Instant) {
    this.#origin = origin
  }

  /** The next readings of a plant, which may be found in the database from now on. */
  send(plantId: number, count: number): { readings: Reading[]; acknowledge: () => void } {
    const series = this.#series.get(plantId) ?? { sent: 0, acknowledged: new Set() }
    this.#series.set(plantId, series)
    const numbers = Array.from({ length: count }, (_, index) => series.sent + index)
    series.sent += count
    return {
      readings: numbers.map((number) => numberedReading(plantId, number, this.#origin)),
      acknowledge: () => {
        for (const number of numbers) series.acknowledged.add(number)
      },
    }
  }

  /** Compares everything, after the last reading was sent. */
  async compare({ kysely }: Database): Promise<Comparison> {
    const found: Comparison = { acknowledged: 0, ...noDifference }
    let seen = 0
    for (const [plantId, series] of this.#series) {
      seen += await this.#compareSeries(kysely, found, plantId, series, 0)
    }
    // Counts the table without indexes: also finds other plants, and rows that a broken index would hide.
    const stored = await kysely.transaction().execute(async (transaction) => {
      await sql`set local enable_indexscan = off`.execute(transaction)
      await sql`set local enable_indexonlyscan = off`.execute(transaction)
      return await sql<{ rows: number }>`
        select count(*) as rows from solark.telemetry`.execute(transaction)
    })
    found.unsent += (stored.rows[0]?.rows ?? 0) - seen
    return found
  }

  /** Compares the newest of some plants, while they are being sent. */
  async compareNewest(
    { kysely }: Database,
    plantIds: readonly number[],
    count: number,
  ): Promise<Comparison> {
    const found: Comparison = { acknowledged: 0, ...noDifference }
    for (const plantId of plantIds) {
      const series = this.#series.get(plantId)
      if (series === undefined) continue
      const first = Math.max(0, series.sent - count)
      await this.#compareSeries(kysely, found, plantId, series, first)
    }
    return found
  }

  /** Adds the differences of one plant's readings, from the given number on; returns how many are in the database. */
  async #compareSeries(
    kysely: Database['kysely'],
    found: Comparison,
    plantId: number,
    series: Series,
    first: number,
  ): Promise<number> {
    // Taken before the rows are read: they may lack what is acknowledged meanwhile.
    const expected = new Set([...series.acknowledged].filter((number) => number >= first))
    const rows = await kysely
      .selectFrom('solark.telemetry')
      .select(readingColumns)
      .where('plant_id', '=', plantId)
      .where(
        'timestamp',
        '>=',
        timestamptz(numberedReading(plantId, first, this.#origin).timestamp),
      )
      .execute()
    const seen = new Set<number>()
    for (const row of rows) {
      const number = numberAt(row.timestamp, this.#origin)
      if (!Number.isInteger(number) || number >= series.sent) found.unsent += 1
      else if (seen.has(number)) found.doubled += 1
      else if (!isSame(row, numberedReading(plantId, number, this.#origin))) found.altered += 1
      seen.add(number)
    }
    found.acknowledged += expected.size
    found.lost += expected.difference(seen).size
    return rows.length
  }
}
