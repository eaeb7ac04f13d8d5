import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { formatAmount } from '../../src/tariffs/amount.ts'
import { readPrices } from '../../src/tariffs/prices.ts'
import { upsertPlant } from '../../src/telemetry/plant.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { run } from '../support/program.ts'
import { openDataFolder } from '../support/server.ts'

let database: TestDatabase
let folder: Awaited<ReturnType<typeof openDataFolder>>
beforeAll(async () => {
  database = await openTestDatabase('native')
  folder = await openDataFolder()
  await upsertPlant(database.kysely, { id: 7, timeZone: 'Europe/Berlin' })
})
afterAll(async () => {
  await folder?.[Symbol.asyncDispose]()
  await database?.[Symbol.asyncDispose]()
})
beforeEach(async () => {
  await sql`truncate solark.price`.execute(database.kysely)
})

async function importPrices(lines: readonly string[], ...words: string[]) {
  const file = join(folder.path, 'prices.csv')
  await writeFile(file, `${lines.join('\n')}\n`)
  const environment = { DATABASE_URL: database.url }
  return await run(['import', 'prices', file, '--plant', '7', ...words], environment)
}

/** Each stored price in a line. */
async function stored(): Promise<string[]> {
  const all = { plantId: 7, from: 0, to: Date.parse('2100-01-01Z') * 1000 }
  const time = (instant: number) => new Date(instant / 1000).toISOString().slice(0, 16)
  return (await readPrices(database.kysely, all, 1000)).map(
    ({ from, to, currency, import: imported, export: exported }) =>
      `${time(from)} ${time(to)} ${currency} ${formatAmount(imported)} ${exported === null ? '-' : formatAmount(exported)}`,
  )
}

test('prices are stored as the file has them, and again without harm', async () => {
  const file = [
    'currency,from,to,import,export,note',
    'EUR,2026-06-21T10:00Z,2026-06-21T10:15Z,0.2815,0.08,noon',
    'SEK,2026-06-21T12:15+02:00,2026-06-21T11:00Z,-0.0213,,',
  ]
  const expected = [
    '2026-06-21T10:00 2026-06-21T10:15 EUR 0.2815 0.08',
    '2026-06-21T10:15 2026-06-21T11:00 SEK -0.0213 -',
  ]
  const done = { code: 0, stdout: '2 prices stored\n', stderr: '' }
  expect(await importPrices(file)).toEqual(done)
  expect(await importPrices(file)).toEqual(done)
  expect(await stored()).toEqual(expected)
})

test('hours by the clock of a market are those of the 25 of a day, per MWh and with a comma', async () => {
  const hour = (hour: number) => `2025-10-26 ${String(hour).padStart(2, '0')}:00`
  const hours = [0, 1, 2, 2, 3].map((each, index) => `${hour(each)};${10 * index},5`)
  const words = ['--currency', 'EUR', '--step', 'PT1H', '--per', 'MWh', '--decimal', ',']
  const outcome = await importPrices(
    ['Time;Price', ...hours],
    ...words,
    '--time-zone',
    'Europe/Berlin',
  )
  expect(outcome).toMatchObject({ code: 0, stdout: '5 prices stored\n' })
  expect(await stored()).toEqual([
    '2025-10-25T22:00 2025-10-25T23:00 EUR 0.0005 -',
    '2025-10-25T23:00 2025-10-26T00:00 EUR 0.0105 -',
    '2025-10-26T00:00 2025-10-26T01:00 EUR 0.0205 -',
    '2025-10-26T01:00 2025-10-26T02:00 EUR 0.0305 -',
    '2025-10-26T02:00 2025-10-26T03:00 EUR 0.0405 -',
  ])
  const local = await importPrices(['Time;Price', ...hours], ...words)
  expect(local.stderr).toContain('line 2, from: expected a time with its offset, or --time-zone')
})

test('what recordPrices refuses is refused with its line, and nothing is stored', async () => {
  const good = '2026-06-21T10:00Z,2026-06-21T10:15Z,0.3'
  const refuse = async (line: string, ...words: string[]) => {
    const file = ['from,to,import', good, '', line]
    const { code, stderr } = await importPrices(file, '--currency', 'EUR', ...words)
    expect([code, await stored()]).toEqual([1, []])
    return stderr
  }
  expect(await refuse('2026-06-21T10:20Z,2026-06-21T10:30Z,0.3')).toMatch(
    /line 4, .*, from: Expected from to be at a whole quarter of an hour; .*\(IMPORT_REFUSED\)/,
  )
  expect(await refuse('2026-06-21T10:30Z,2026-06-21T10:15Z,0.3')).toMatch(/line 4, .*, to: /)
  expect(await refuse('2026-06-21T09:45Z,2026-06-21T10:15Z,0.3')).toMatch(
    /line 2, .*: Expected prices that do not overlap; .* before the one from 2026-06-21T09:45/,
  )
  expect(await refuse('2026-06-21T10:15Z,2026-06-21T10:30Z,three')).toContain(
    'line 4, import: expected a decimal such as 0.2815',
  )
  expect(await refuse('yesterday,2026-06-21T10:30Z,0.3')).toContain('line 4, from: expected a time')

  await importPrices(['from,to,import', good], '--currency', 'EUR')
  const later = '2026-06-21T10:00Z,2026-06-21T10:30Z,0.3'
  const overlap = await importPrices(['from,to,import', later], '--currency', 'EUR')
  expect(overlap.stderr).toMatch(/line 2, .* do not overlap stored ones/)
  const currency = await importPrices(['from,to,import,currency', `${good},EURO`])
  expect(currency.stderr).toMatch(/line 2, .*, currency: Expected .*ISO 4217/)
  expect(await stored()).toEqual(['2026-06-21T10:00 2026-06-21T10:15 EUR 0.3 -'])
})

test('a file that leaves open how it is to be read is refused with what would say it', async () => {
  const told = async (lines: string[], ...words: string[]) =>
    (await importPrices(lines, ...words)).stderr
  expect(await told(['from,import', '2026-06-21T10:00Z,1'], '--currency', 'EUR')).toContain(
    'or --step such as PT15M; got from, import',
  )
  expect(await told(['from,to,import'])).toContain('Expected a column currency, or --currency')
  expect(await told(['when,to,import'])).toContain('Expected a column from or start or time')
  expect(await told([''], '--currency', 'EUR')).toContain('Expected a header and prices below it')
  const file = ['from,to,import', '2026-06-21T10:00Z,2026-06-21T10:15Z,0.3']
  const unknown = await importPrices(file, '--currency', 'EUR', '--plant', '8')
  expect(unknown.stderr).toContain('Expected --plant of a plant that is registered')
  expect(await stored()).toEqual([])
})
