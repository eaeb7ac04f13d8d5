import { type Kysely, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { Condition } from '../../src/alerts/alert.ts'
import { claimMessage, postponeMessage, removeMessage } from '../../src/alerts/alert-messages.ts'
import { noteConditions, readRaisedAlerts, settleAlerts } from '../../src/alerts/alert-state.ts'
import { findConditions } from '../../src/alerts/conditions.ts'
import { forecastFullDisk, noteFreeSpace } from '../../src/alerts/disk-forecast.ts'
import { collectSlowQueries, type SlowQueries } from '../../src/alerts/slow-queries.ts'
import type { Schema } from '../../src/database/schema.ts'
import { engines, openTestDatabase } from '../support/database.ts'

const rollups: Condition = { kind: 'CHECK_FAILING', subject: 'rollups', detail: 'DEGRADED' }

/** Moves everything that was noted into the past, as if so many seconds had passed. */
async function pass(kysely: Kysely<Schema>, seconds: number): Promise<void> {
  await sql`
    update solark.alert
    set bad_since = bad_since - ${seconds} * interval '1 second', bad_at = bad_at - ${seconds} * interval '1 second'`.execute(
    kysely,
  )
}

describe.each(engines)('the state of alerts on %s', (engine) => {
  test('a check is reported after a minute in which every look found it bad, and over after a minute', async () => {
    await using database = await openTestDatabase(engine)
    const { kysely } = database
    const look = async (...found: Condition[]): Promise<boolean> => {
      await noteConditions(kysely, found)
      await settleAlerts(kysely, { reported: true })
      return (await readRaisedAlerts(kysely)).length > 0
    }
    // Bad at every third look, for two minutes.
    for (let round = 0; round < 4; round++) {
      expect(await look(rollups)).toBe(false)
      await pass(kysely, 30)
      expect(await look()).toBe(false)
    }
    // Each look takes as long as it may.
    for (let seconds = 0; seconds < 60; seconds += 20) {
      expect(await look(rollups)).toBe(false)
      await pass(kysely, 20)
    }
    expect(await look(rollups)).toBe(true)
    // Good for less than a minute, again and again.
    for (let round = 0; round < 3; round++) {
      await pass(kysely, 50)
      expect(await look()).toBe(true)
      expect(await look(rollups)).toBe(true)
    }
    await pass(kysely, 61)
    expect(await look()).toBe(false)

    const begun = await claimMessage(kysely)
    if (begun === undefined) throw new Error('Expected a message, got none')
    expect(begun).toMatchObject({ event: 'RAISED', subject: 'rollups', attempts: 1 })
    // The next waits for the first, which another server sends.
    expect(await claimMessage(kysely)).toBeUndefined()
    await postponeMessage(kysely, begun)
    expect(await claimMessage(kysely)).toBeUndefined()
    await removeMessage(kysely, begun)
    expect(await claimMessage(kysely)).toMatchObject({ event: 'RESOLVED', subject: 'rollups' })
  })

  test('what is near its limit is reported once: it is over with some room', async () => {
    await using database = await openTestDatabase(engine)
    const { kysely } = database
    await sql`
      insert into solark.disk_sample (at, free_bytes)
      select now() - ago * interval '1 hour', 100000000000 + ago * 1000000000::bigint
      from generate_series(1, 30) as ago`.execute(kysely)
    const kindsAt = async (bytes: number, diskFullDays: number) => {
      const found = await findConditions(
        {
          ...{ kysely, runChecks: async () => [], databaseSize: async () => bytes },
          ...{ disk: { freeBytes: 100e9 }, slowQueries: collectSlowQueries(undefined) },
        },
        { staleAfter: 60_000, storageLimit: 20e9, diskFullDays },
      )
      await noteConditions(kysely, found)
      return found.map(({ kind }) => kind)
    }
    // The disk is full in 100 / 24 days.
    expect(await kindsAt(19.9e9, 4)).toEqual([])
    expect(await kindsAt(20.1e9, 4.2)).toEqual(['STORAGE_LIMIT', 'DISK_FULL_SOON'])
    await sql`update solark.alert set bad_since = bad_since - interval '2 minutes'`.execute(kysely)
    await settleAlerts(kysely, { reported: true })
    expect(await readRaisedAlerts(kysely)).toHaveLength(2)
    expect(await kindsAt(19.1e9, 3.9)).toEqual(['STORAGE_LIMIT', 'DISK_FULL_SOON'])
    expect(await kindsAt(18.9e9, 3.7)).toEqual([])
  })

  test('a disk that shrinks by a line is full when the line says, and nothing is said of too few hours', async () => {
    await using database = await openTestDatabase(engine)
    const { kysely } = database
    const fill = async (hours: number) => {
      await sql`truncate solark.disk_sample`.execute(kysely)
      await sql`
        insert into solark.disk_sample (at, free_bytes)
        select now() - ago * interval '1 hour', 100000000000 + ago * 1000000000::bigint
        from generate_series(1, ${hours}::integer) as ago`.execute(kysely)
    }
    await fill(24)
    expect(await forecastFullDisk(kysely, 100e9)).toBeNull()
    await fill(30)
    // A gigabyte an hour of a hundred that are left.
    expect(await forecastFullDisk(kysely, 100e9)).toBeCloseTo(100 / 24, 6)
    const find = (diskFullDays: number) =>
      findConditions(
        {
          kysely,
          runChecks: async () => [],
          databaseSize: async () => 0,
          disk: { freeBytes: 100e9 },
          slowQueries: collectSlowQueries(undefined),
        },
        { staleAfter: 60_000, storageLimit: undefined, diskFullDays },
      )
    expect(await find(4)).toEqual([])
    expect(await find(5)).toMatchObject([{ kind: 'DISK_FULL_SOON', subject: 'disk' }])
    await noteFreeSpace(kysely, 100e9)
    await noteFreeSpace(kysely, 1)
    expect(await forecastFullDisk(kysely, 100e9)).toBeCloseTo(100 / 24, 3)
    await sql`update solark.disk_sample set free_bytes = 5e10`.execute(kysely)
    expect(await forecastFullDisk(kysely, 100e9)).toBeNull()
  })
})

describe('slow queries', () => {
  const statement = (columns: string) => `select ${columns} from solark.telemetry`
  const found = (slowQueries: SlowQueries) =>
    slowQueries.find().map(({ subject, detail }) => `${subject}: ${detail}`)
  const limit = 'more than the 2 s of SLOW_QUERY'

  test('are one condition if they look the same, and are found until they are noted', async () => {
    await using database = await openTestDatabase('native')
    const slowQueries = collectSlowQueries(2000)
    const long = 'x'.repeat(400)
    slowQueries.record({ sql: `${long}1`, durationMs: 3000 })
    slowQueries.record({ sql: `${long}2`, durationMs: 2500 })
    const subject = `${long.slice(0, 300)}… (401 characters)`
    expect(found(slowQueries)).toEqual([`${subject}: took 3.0 s, ${limit}`])
    slowQueries.record({ sql: `${long}3`, durationMs: 4000 })
    await noteConditions(database.kysely, slowQueries.find())
    slowQueries.record({ sql: 'select', durationMs: 2500 })
    slowQueries.forget()
    expect(found(slowQueries)).toEqual([`select: took 2.5 s, ${limit}`])
    slowQueries.forget()
    expect(slowQueries.find()).toEqual([])
  })

  test('are one condition if they are many, also when they come one after the other', () => {
    const slowQueries = collectSlowQueries(2000)
    for (let n = 1; n <= 4; n++) {
      slowQueries.record({ sql: statement(`column_${n}`), durationMs: 2000 + n * 100 })
      expect(slowQueries.find()).toHaveLength(1)
      slowQueries.forget()
    }
    for (let n = 3; n <= 12; n++) {
      slowQueries.record({ sql: statement(`column_${n}`), durationMs: 2000 + n * 100 })
    }
    expect(found(slowQueries)).toEqual([
      `${statement('column_12')}: took 3.2 s, ${limit}`,
      `${statement('column_4')}: took 2.4 s, ${limit}`,
      `${statement('column_3')}: took 2.3 s, ${limit}`,
      `other statements: 7 were slow; the slowest, ${statement('column_11')}, took 3.1 s, ${limit}`,
    ])
  })
})
