import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Instant } from '../../src/database/instant.ts'
import type { Schema } from '../../src/database/schema.ts'
import { timestamptz } from '../../src/database/timestamptz.ts'
import { numberFields } from '../../src/quantities.ts'
import { readCosts } from '../../src/tariffs/costs.ts'
import { recordPrices } from '../../src/tariffs/prices.ts'
import { RateAllowance } from '../../src/tariffs/rate-allowance.ts'
import { setTariff } from '../../src/tariffs/tariff.ts'
import { deleteReadings } from '../../src/telemetry/delete.ts'
import type { OnDuplicate } from '../../src/telemetry/duplicates.ts'
import { readEnergy } from '../../src/telemetry/history/energy.ts'
import { ReadingAllowance } from '../../src/telemetry/history/reading-allowance.ts'
import { rollUp } from '../../src/telemetry/history/roll-up.ts'
import { aspects } from '../../src/telemetry/history/summary.ts'
import { loadReadings } from '../../src/telemetry/import.ts'
import { unregistered } from '../../src/telemetry/plant.ts'
import type { Reading } from '../../src/telemetry/reading.ts'
import { recordReadings } from '../../src/telemetry/record.ts'
import { engines, openTestDatabase, type TestDatabase } from '../support/database.ts'
import { type ExplainedStatement, explainEach } from '../support/plans.ts'
import { JUNE, reading } from '../support/readings.ts'

/** The stored data: for each plant a reading every quarter of an hour, and the tiles made of them. */
const PLANTS = 10
const DAYS = 60
const QUARTER: Instant = 900_000_000
const DAY: Instant = 96 * QUARTER
const SINCE = JUNE - DAYS * DAY
const PLANT = 7

const measured = sql.raw('soc, pv_power, load_power, batt_power, grid_power, batt_voltage')

async function fill(kysely: Kysely<Schema>): Promise<void> {
  const everyQuarter = sql`generate_series(${timestamptz(SINCE)}, ${timestamptz(JUNE - 1)}, interval '15 minutes') as quarter (start)`
  const plants = sql`generate_series(1, ${sql.lit(PLANTS)}) as plant (id)`
  await sql`
    insert into solark.telemetry (plant_id, timestamp, ${measured})
    select plant.id, start, 50, 1000, 500, -100, 20, 52 from ${everyQuarter} cross join ${plants}`.execute(
    kysely,
  )
  await sql`delete from solark.telemetry_change`.execute(kysely)
  for (const [table, width] of [
    ['rollup_quarter', 1],
    ['rollup_hour', 4],
  ] as const) {
    await sql`
      insert into ${sql.table(`solark.${table}`)} (plant_id, start, samples, covered)
      select plant.id, start, ${sql.lit(width)}, 0
      from ${everyQuarter} cross join ${plants}
      where extract(epoch from start)::bigint % (900 * ${sql.lit(width)}) = 0`.execute(kysely)
  }
  await sql`analyze`.execute(kysely)
}

function rowsReadIn(statements: readonly ExplainedStatement[]): number {
  return statements.reduce((sum, { rowsRead }) => sum + rowsRead, 0)
}

function chunksIn(statements: readonly ExplainedStatement[]): string[] {
  const relations = statements.flatMap(({ relations }) => [...relations])
  return [...new Set(relations)].filter((name) => name.startsWith('_hyper_'))
}

/** Counts readings of this transaction and of what its connection did shortly before, including triggers. */
async function tuplesRead(transaction: Kysely<Schema>): Promise<number> {
  const { rows } = await sql<{ tuples: number }>`
    select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::integer as tuples
    from pg_stat_xact_user_tables
    where relname = 'telemetry' or relname like '\\_hyper\\_%'`.execute(transaction)
  return rows[0]?.tuples ?? 0
}

describe.each(engines)('on %s, what is read grows with what is asked', (engine) => {
  let database: TestDatabase
  let explained: ReturnType<typeof explainEach>
  beforeAll(async () => {
    database = await openTestDatabase(engine)
    await fill(database.kysely)
  })
  afterAll(() => database[Symbol.asyncDispose]())
  beforeEach(() => {
    explained = explainEach(database.kysely)
  })

  const energyByDay = (timeZone: string, from: string, to: string) =>
    readEnergy(
      {
        kysely: explained.kysely,
        loadPlant: async (id) => unregistered(id),
      },
      { plantId: PLANT, from, to, period: 'DAY', timeZone, quantities: numberFields, aspects },
    )
  const rowsRead = () => rowsReadIn(explained.statements)

  test.each(['Asia/Kolkata', 'Asia/Kathmandu', 'Australia/Adelaide'])(
    'energy by day in %s reads the tiles of its days',
    async (timeZone) => {
      expect(await energyByDay(timeZone, '2026-04-05', '2026-05-24')).toHaveLength(50)
      // For each day 23 hours and four quarters.
      expect(rowsRead()).toBeLessThan(50 * 30)
    },
  )

  test('energy by day in a zone of odd minutes reads nothing where nothing is stored', async () => {
    expect(await energyByDay('Africa/Monrovia', '1965-01-01', '1970-01-01')).toHaveLength(1827)
    // A few plants are looked through faster than looked up in the key.
    expect(rowsRead()).toBeLessThan(PLANTS + 10)
  })

  test('energy by day in a zone of odd minutes reads the tiles of its days, and the readings at midnight', async () => {
    const { kysely } = database
    const range = { from: Date.UTC(1965, 5, 1) * 1000, to: Date.UTC(1965, 6, 1) * 1000 }
    await sql`
      insert into solark.telemetry (plant_id, timestamp, pv_power)
      select ${PLANT}, start, 1000
      from generate_series(${timestamptz(range.from)}, ${timestamptz(range.to)}, interval '15 minutes') as start`.execute(
      kysely,
    )
    await rollUp(kysely)
    const energy = await energyByDay('Africa/Monrovia', '1965-06-02', '1965-06-29')
    for (const { energy: kilowattHours } of energy) expect(kilowattHours.pv).toBeCloseTo(24, 9)
    // For each day 23 hours, three quarters, and the readings around two midnights.
    expect(rowsRead()).toBeLessThan(28 * 50)
    await deleteReadings(kysely, { plantId: PLANT, ...range })
    await rollUp(kysely)
  })

  test('costs by prices read the prices of their days, and new prices look up one each', async () => {
    const { kysely } = explained
    const hour = 4 * QUARTER
    const pricesOf = (since: Instant, days: number) =>
      Array.from({ length: 24 * days }, (_, index) => ({
        from: since + index * hour,
        to: since + (index + 1) * hour,
        import: BigInt(index),
        export: null,
      }))
    await recordPrices(database.kysely, {
      plantId: PLANT,
      currency: 'EUR',
      prices: pricesOf(SINCE, DAYS),
    })
    await sql`analyze solark.price`.execute(database.kysely)
    await setTariff(database.kysely, {
      plantId: PLANT,
      validFrom: '2026-01-01',
      currency: 'EUR',
      dailyCharge: 0n,
      import: { rate: 0n, addPrices: true },
      export: { rate: 0n },
    })
    await readCosts(
      { kysely, loadPlant: async (id) => unregistered(id) },
      {
        plantId: PLANT,
        from: '2026-05-01',
        to: '2026-05-02',
        period: 'DAY',
        timeZone: undefined,
        quantities: ['gridPower'],
        aspects: ['signs'],
        allowance: new ReadingAllowance(),
        rateAllowance: new RateAllowance(),
      },
    )
    // The tariff, and for each hour a tile, a price, and both as they are put together.
    expect(rowsRead()).toBeLessThan(6 * 48)
    explained.statements.length = 0
    await recordPrices(kysely, {
      plantId: PLANT,
      currency: 'EUR',
      prices: pricesOf(SINCE + DAYS * DAY, 2),
    })
    expect(rowsRead()).toBeLessThan(6 * 48)
  })

  test('rolling up readings that came late here and there reads what lies around them', async () => {
    const notes = 200
    await sql`
      insert into solark.telemetry_change (plant_id, first, last, readings)
      select 1 + n % ${sql.lit(PLANTS)}, at, at, 0
      from (
        select n, ${timestamptz(SINCE)} + (n * 7919 % ${sql.lit(DAYS * 96)}) * interval '15 minutes' as at
        from generate_series(1, ${sql.lit(notes)}) as n
      ) as note`.execute(database.kysely)
    expect(await rollUp(explained.kysely)).toMatchObject({ more: false })
    expect(rowsRead()).toBeLessThan(notes * 120)
  })

  describe.each<OnDuplicate>(['KEEP', 'REPLACE'])('recordTelemetry with %s', (onDuplicate) => {
    const record = (readings: Reading[]) =>
      recordReadings(explained.kysely, readings, { onDuplicate, now: JUNE })

    test('reads of what is stored the one duplicate, and plans for its chunk alone', async () => {
      await record([reading(PLANT, JUNE - 50 * DAY, { soc: 5 })])
      expect(rowsRead()).toBeLessThan(10)
      expect(chunksIn(explained.statements).length).toBe(engine === 'timescale' ? 1 : 0)
    })

    test('reads a thousand duplicates one by one', async () => {
      const readings = Array.from({ length: 1000 }, (_, index) =>
        reading((index % PLANTS) + 1, SINCE + index * 5 * QUARTER, { soc: 5 }),
      )
      await record(readings)
      expect(rowsRead()).toBeLessThan(1000 * 12)
    })
  })

  test('deleting reads the readings that go', async () => {
    const [from, to] = [JUNE - 40 * DAY, JUNE - 39 * DAY]
    expect(await deleteReadings(explained.kysely, { plantId: PLANT, from, to })).toBe(96)
    expect(rowsRead()).toBeLessThan(200)
    expect(chunksIn(explained.statements).length).toBe(engine === 'timescale' ? 1 : 0)
  })

  test('rows that are copied with their transaction are the only ones that are read', async () => {
    const copies = (first: number, count: number) =>
      database.kysely.transaction().execute(async (transaction) => {
        const before = await tuplesRead(transaction)
        await sql`
          insert into solark.telemetry (plant_id, timestamp, txid)
          select ${PLANTS + 1}::integer, ${timestamptz(SINCE)} + n * interval '15 minutes', '3'
          from generate_series(${first}::integer, ${first + count - 1}::integer) as n`.execute(
          transaction,
        )
        return (await tuplesRead(transaction)) - before
      })
    expect(await copies(0, 2000)).toBeLessThan(2000 * 5)
    // Whatever plan was made for the rows before.
    expect(await copies(2000, 1)).toBeLessThan(50)
  })

  // COPY, which PGlite lacks.
  test.runIf(engine === 'native')(
    'an import that replaces reads the readings of its plants between its times',
    async () => {
      await using session = await database.openSession('test')
      const { kysely, statements } = explainEach(session.kysely)
      const readings = Array.from({ length: 2400 }, (_, index) =>
        reading(PLANT, JUNE - 30 * DAY + index * QUARTER, { soc: 6 }),
      )
      const batches = async function* () {
        yield readings
      }
      const outcome = await loadReadings({ ...session, kysely }, batches(), {
        onDuplicate: 'REPLACE',
      })
      expect(outcome).toMatchObject({ duplicates: 2400, conflicts: 2400 })
      expect(rowsReadIn(statements)).toBeLessThan(2400 * 10)
    },
  )
})
