import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { readPlants } from '../../src/telemetry/plant.ts'
import { SendReadings } from '../app/operations.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { compileCache, mainProgram } from '../support/program.ts'
import { JUNE, SECOND, storedReadings } from '../support/readings.ts'
import { openServer } from '../support/server.ts'

const MANY = 20_000
const token = 'ingest-token-of-the-test'

/** An import from standard input, which stays open until `end`. */
function startImport(database: TestDatabase, ...options: string[]) {
  const child = spawn(process.execPath, [mainProgram, 'import', '-', ...options], {
    env: { DATABASE_URL: database.url, TZ: 'UTC', ...compileCache },
  })
  // What is left to read has nowhere to go if the import is refused.
  child.stdin.on('error', () => {})
  const outcome = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return {
    write: (lines: string) => child.stdin.write(lines),
    end: async (lines = '') => {
      child.stdin.end(lines)
      const [stdout, stderr, [code]] = await outcome
      return { stdout, stderr, code: Number(code) }
    },
    kill: () => child.kill('SIGKILL'),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await outcome
    },
  }
}

function rowsOf(plantId: number): string {
  const times = Array.from({ length: MANY }, (_, index) => (JUNE + index * SECOND) / 1000)
  return times.map((time) => `${new Date(time).toISOString()},${plantId},50\n`).join('')
}

/** Whether a transaction has readings that are not committed. */
async function writes({ kysely }: TestDatabase): Promise<boolean> {
  const { rows } = await sql`
    select from pg_locks
    where relation = 'solark.telemetry'::regclass and mode = 'RowExclusiveLock'
      and database = (select oid from pg_database where datname = current_database())`.execute(
    kysely,
  )
  return rows.length > 0
}

async function plantIds({ kysely }: TestDatabase): Promise<number[]> {
  return (await readPlants(kysely)).map(({ id }) => id)
}

test('live readings of a plant are stored while its past is being imported', async () => {
  await using database = await openTestDatabase('native')
  await using server = await openServer({ DATABASE_URL: database.url, INGEST_TOKEN: token })
  await using importing = startImport(database)
  importing.write(`timestamp,plant_id,soc\n${rowsOf(28)}`)
  await expect.poll(() => writes(database), { timeout: 20_000 }).toBe(true)

  // Throws if it ends in QUERY_TIMEOUT.
  const { recordTelemetry } = await server
    .as(token)
    .ask(SendReadings, { readings: [{ plantId: 28, soc: 81 }] })
  expect(recordTelemetry).toEqual({ inserted: 1, duplicates: 0 })
  expect(await storedReadings(database)).toMatchObject([{ plantId: 28, soc: 81 }])

  // A plant that comes up later in the file.
  importing.write(rowsOf(29))
  expect(await importing.end('2026-06-20T00:00:00Z,30,50\n')).toEqual({
    code: 0,
    stdout: `${2 * MANY + 1} readings: ${2 * MANY + 1} inserted, 0 duplicates, 0 conflicts\n`,
    stderr: '',
  })
  expect(await storedReadings(database)).toHaveLength(2 * MANY + 2)
  expect(await plantIds(database)).toEqual([28, 29, 30])
})

test('an import that is refused leaves only those of its plants that others write to', async () => {
  await using database = await openTestDatabase('native')
  await using server = await openServer({ DATABASE_URL: database.url, INGEST_TOKEN: token })
  await using importing = startImport(database)
  importing.write(`timestamp,plant_id,soc\n${rowsOf(28)}${rowsOf(29)}`)
  await expect.poll(() => plantIds(database), { timeout: 20_000 }).toEqual([28, 29])
  await server.as(token).ask(SendReadings, { readings: [{ plantId: 29, soc: 81 }] })
  expect(await importing.end('2026-06-20T00:00:00Z,30,lots\n')).toMatchObject({
    code: 1,
    stdout: '',
  })
  expect(await plantIds(database)).toEqual([29])
  expect(await storedReadings(database)).toMatchObject([{ plantId: 29, soc: 81 }])
})

test('an import that is killed leaves at most a plant without readings', async () => {
  await using database = await openTestDatabase('native')
  await using importing = startImport(database, '--plant', '28')
  importing.write(`timestamp,plant,soc\n${rowsOf(0)}`)
  await expect.poll(() => writes(database), { timeout: 20_000 }).toBe(true)
  importing.kill()
  await importing.end()
  await expect.poll(() => writes(database), { timeout: 20_000 }).toBe(false)
  expect(await storedReadings(database)).toEqual([])
  expect(await plantIds(database)).toEqual([28])
})
