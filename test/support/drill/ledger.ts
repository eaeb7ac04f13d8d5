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
  /** Acknowledged, and not there. */
  lost: number
  /** There more than once. */
  doubled: number
  /** There with other values than were sent. */
  altered: number
  /** There, and never sent. */
  unsent: number
}

export const noDifference = { lost: 0, doubled: 0, altered: 0, unsent: 0 }

interface Series {
  sent: number
  acknowledged: Set<number>
}

/** What was sent, and which of it was acknowledged, by plant and number. */
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

  /** Compares everything, when nobody sends any more. */
  async compare({ kysely }: Database): Promise<Comparison> {
    const found: Comparison = { acknowledged: 0, ...noDifference }
    let seen = 0
    for (const [plantId, series] of this.#series) {
      seen += await this.#compareSeries(kysely, found, plantId, series, 0)
    }
    // Counted in the table itself: of other plants, and what an index that a crash has broken would hide.
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

  /** Adds what one plant's readings differ in, from the given number on; answers how many are there. */
  async #compareSeries(
    kysely: Database['kysely'],
    found: Comparison,
    plantId: number,
    series: Series,
    first: number,
  ): Promise<number> {
    // Before they are read: what is acknowledged meanwhile may not be among them.
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
