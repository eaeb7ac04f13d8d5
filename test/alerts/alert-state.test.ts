import { type Kysely, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { Condition } from '../../src/alerts/alert.ts'
import { claimMessage, postponeMessage, removeMessage } from '../../src/alerts/alert-messages.ts'
import { noteConditions, readRaisedAlerts, settleAlerts } from '../../src/alerts/alert-state.ts'
import { findConditions } from '../../src/alerts/conditions.ts'
import { forecastFullDisk, noteFreeSpace } from '../../src/alerts/disk-forecast.ts'
import { collectSlowQueries } from '../../src/alerts/slow-queries.ts'
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
  test('a check is told after a minute in which every look found it bad, and over after a minute', async () => {
    await using database = await openTestDatabase(engine)
    const { kysely } = database
    const look = async (...found: Condition[]): Promise<boolean> => {
      await noteConditions(kysely, found)
      await settleAlerts(kysely, { told: true })
      return (await readRaisedAlerts(kysely)).length > 0
    }
    // Bad at every second look, for two minutes.
    for (let round = 0; round < 6; round++) {
      expect(await look(rollups)).toBe(false)
      await pass(kysely, 20)
      expect(await look()).toBe(false)
    }
    for (let seconds = 0; seconds < 60; seconds += 10) {
      expect(await look(rollups)).toBe(false)
      await pass(kysely, 10)
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
