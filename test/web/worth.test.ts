import { sql } from 'kysely'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CostsOfPeriodsQuery } from '../generated/graphql.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { openServer, type Server } from '../support/server.ts'
import { violationsOf } from './axe.ts'
import { CostsOfPeriods, NamePlant, SetTariffOfPage, TariffsOfPage } from './operations.ts'
import { figuresOf, hasChromium, openChromium, openTab } from './tab.ts'

type Cost = CostsOfPeriodsQuery['costs'][number]

const ADMIN_TOKEN = 'admin-token-of-the-test'
/** The clock of Berlin skips an hour on the 30th. */
const range = { from: '2025-03-01', to: '2025-03-31' }
const march = 'day=2025-03-30'

describe.skipIf(!hasChromium)('what the plant was worth', () => {
  let database: TestDatabase
  let server: Server
  let browser: Browser
  beforeAll(async () => {
    database = await openTestDatabase('native')
    server = await openServer({ DATABASE_URL: database.url, SIMULATE: '0', ADMIN_TOKEN })
    browser = await openChromium()
    for (const id of [7, 8, 9, 10]) {
      await server.as(ADMIN_TOKEN).ask(NamePlant, { id, name: null, timeZone: 'Europe/Berlin' })
      await measure(id)
    }
  })
  afterAll(async () => {
    await browser?.close()
    await server?.[Symbol.asyncDispose]()
    await database?.[Symbol.asyncDispose]()
  })

  /** Three days and six hours with import and export in turns. */
  const measure = (plantId: number) =>
    sql`
      insert into solark.telemetry
        (plant_id, timestamp, soc, pv_power, batt_power, grid_power, load_power)
      select ${plantId}, at, 50, 2000, 0, 1500 * sin(n / 20.0), 2000 + 1500 * sin(n / 20.0)
      from generate_series(timestamptz '2025-03-28 00:00+01', '2025-03-31 06:00+02', '5 minutes')
        with ordinality as series (at, n)`.execute(database.kysely)

  const costsOf = async (plantId: number, period: 'DAY' | 'MONTH') =>
    (await server.as(ADMIN_TOKEN).ask(CostsOfPeriods, { plantId, ...range, period })).costs

  test('without a tariff the page says so, and who has the admin token sets one', async () => {
    await using tab = await openTab(browser, `${server.url}/#worth?plant=7&${march}`)
    const { page, foreign, complaints } = tab
    await page.getByText('No tariff is set for this plant').waitFor()
    expect(await page.locator('worth-bars').count()).toBe(0)
    expect(await violationsOf(page)).toEqual([])

    await page.getByLabel('Currency').selectOption('EUR')
    await page.getByLabel('Import, per kWh').fill('0.3125')
    await page.getByLabel('Export, per kWh').fill('0.08')
    await page.getByLabel('Daily charge').fill('0.35')
    await page.getByLabel('First day').fill('2025-03-29')
    const set = page.getByRole('button', { name: 'Set the tariff' })
    await set.click()
    const dialog = page.getByRole('dialog', { name: 'A token, please' })
    await dialog.getByLabel('Token').fill(ADMIN_TOKEN)
    await dialog.getByRole('button', { name: 'Use it' }).click()
    await dialog.waitFor({ state: 'hidden' })
    await set.click()

    await page.locator('worth-bars svg').waitFor()
    await page.getByText('The tariff is set.').waitFor()
    await page.getByText('€0.3125 per kWh').waitFor()
    await page.getByText('From 29 March 2025').waitFor()
    await expectFigures(page, await costsOf(7, 'MONTH'))
    expect([foreign, complaints]).toEqual([[], []])
  })

  test('rates by the time of use are set as they were filled in, and a fault stands at its field', async () => {
    const phone = { viewport: { width: 390, height: 844 } }
    await using tab = await openTab(browser, `${server.url}/#worth?plant=10&${march}`, phone)
    const { page, foreign, complaints } = tab
    await page.evaluate((token) => sessionStorage.setItem('heliograph-token', token), ADMIN_TOKEN)
    await page.reload()
    const pick = (name: string) => page.getByLabel('Plant', { exact: true }).selectOption(name)
    const currency = page.getByLabel('Currency')
    await currency.selectOption('USD')
    await page.getByLabel('Import, per kWh').fill('9.9')
    for (const name of ['Plant 9', 'Plant 10']) {
      await pick(name)
      await page.getByRole('heading', { name }).waitFor()
      await expect.poll(() => currency.inputValue()).toBe('')
      expect(await page.getByLabel('Import, per kWh').inputValue()).toBe('')
    }
    await currency.selectOption('EUR')
    await page.getByLabel('First day').fill('2025-01-01')
    const add = page.getByRole('button', { name: 'Add a time of use' })
    const use = (number: number) => page.getByRole('group', { name: `Time of use ${number}` })
    await add.click()
    await expect.poll(() => focused(page)).toBe('from:0')
    await use(1).getByRole('combobox', { name: 'From' }).selectOption('16:00')
    await use(1).getByRole('combobox', { name: 'To', exact: true }).selectOption('21:00')
    await use(1).getByLabel('Import, per kWh').fill('0.59')
    await add.click()
    await use(2).getByLabel('Import, per kWh').fill('9')
    await add.click()
    await use(3).getByRole('combobox', { name: 'From' }).selectOption('20:45')
    await use(3).getByLabel('Import, per kWh').fill('0.21')
    await use(3).getByLabel('Export, per kWh').fill('-.02')
    for (const day of ['Mon', 'Tue', 'Wed', 'Thu', 'Fri']) {
      await use(3).getByText(day, { exact: true }).click()
    }
    await use(3).getByRole('checkbox', { name: 'Jul' }).focus()
    await page.keyboard.press('Space')
    await page.getByRole('button', { name: 'Remove time of use 2' }).click()
    await expect.poll(() => page.locator('fieldset.window').count()).toBe(2)
    expect(await use(2).getByRole('combobox', { name: 'From' }).inputValue()).toBe('20:45')
    expect(await violationsOf(page)).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)

    const set = page.getByRole('button', { name: 'Set the tariff' })
    await page.getByLabel('Import otherwise').fill('1e3')
    await set.click()
    await expectFault(page, 'importRate', 'at most eight digits before the point')
    await page.getByLabel('Import otherwise').fill('.3')
    await set.click()
    await expectFault(page, 'from:2', 'Expected one window at a time; got two on a SATURDAY')
    expect(await violationsOf(page)).toEqual([])
    await use(2).getByRole('combobox', { name: 'From' }).selectOption('22:00')
    await use(2).getByRole('combobox', { name: 'To', exact: true }).selectOption('06:00')
    await set.click()
    await expectFault(page, 'to:2', 'a window over midnight is two')
    await use(2).getByRole('combobox', { name: 'To', exact: true }).selectOption('24:00')
    await set.click()
    await expectFault(page, 'exportRate', 'a rate for the time that they do not cover')
    await page.getByLabel('Export otherwise').fill('0.08')
    await add.click()
    await set.click()
    await expectFault(page, 'importRate:3', 'Expected a rate for import or for export')
    await page.getByRole('button', { name: 'Remove time of use 3' }).click()
    await set.click()
    await page.getByText('The tariff is set.').waitFor()
    const { tariffs } = await server.as(ADMIN_TOKEN).ask(TariffsOfPage, { plantId: 10 })
    const months = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    expect(tariffs).toEqual([
      {
        validFrom: '2025-01-01',
        dailyCharge: '0',
        import: {
          rate: '0.3',
          windows: [
            { rate: '0.59', months, weekdays: expect.any(Array), from: '16:00', to: '21:00' },
            {
              rate: '0.21',
              months: months.filter((month) => month !== 7),
              weekdays: ['SATURDAY', 'SUNDAY'],
              from: '22:00',
              to: '24:00',
            },
          ],
        },
        export: { rate: '0.08', windows: [{ rate: '-0.02', from: '22:00', to: '24:00' }] },
      },
    ])
    await page.getByText('Set another tariff').click()
    await page.getByLabel('Import otherwise').fill('1e3')
    await set.click()
    await expectFault(page, 'importRate', 'at most eight digits before the point')
    expect(await page.getByText('The tariff is set.').count()).toBe(0)
    expect([foreign, complaints]).toEqual([[], []])
  })

  test('amounts are those of the API, by the browser’s language, and how much is known is said', async () => {
    await server.as(ADMIN_TOKEN).ask(SetTariffOfPage, {
      plantId: 8,
      validFrom: '2025-01-01',
      import: {
        rate: '0.2815',
        windows: [
          { rate: '0.59', from: '16:00', to: '21:00', weekdays: ['SATURDAY', 'SUNDAY'] },
          { rate: '-0.021', from: '00:00', to: '06:00', months: [1, 2, 3, 12] },
        ],
      },
      export: { rate: '0.08' },
    })
    const options = { locale: 'de-DE', colorScheme: 'dark' } as const
    await using tab = await openTab(browser, `${server.url}/#worth?plant=8&${march}`, options)
    const { page, complaints } = tab
    await page.locator('worth-bars svg').waitFor()
    await page.locator('worth-view details.table summary').click()
    const days = await costsOf(8, 'DAY')
    const rows = page.locator('worth-view tbody tr')
    expect(await rows.evaluateAll(valuesOfRows)).toEqual(
      days.map(({ savings, importCost, dailyCharge, exportRevenue, total }) =>
        [savings, importCost, dailyCharge, exportRevenue, total].map((amount) => amount ?? ''),
      ),
    )
    const [month] = await costsOf(8, 'MONTH')
    await expectFigures(page, [month])
    const euros = new Intl.NumberFormat('de-DE', { style: 'currency', currency: 'EUR' })
    expect(await page.locator('worth-view .figure.saved dd').innerText()).toBe(
      euros.format(Number(month?.savings)),
    )
    expect(month?.coverage).toBeCloseTo(77 / 743, 3)
    await page.getByText('Amounts are known for 10 % of the time.').waitFor()
    const tariff = (await page.locator('.tariff').innerText()).replaceAll('\u00a0', ' ')
    expect(tariff.split('\n')).toEqual(
      expect.arrayContaining([
        '0,59 € per kWh 16:00 to 21:00, Sa–So',
        '-0,021 € per kWh 00:00 to 06:00, Jan–Mär, Dez',
        '0,2815 € per kWh otherwise',
      ]),
    )
    expect(await violationsOf(page)).toEqual([])

    await page.locator('.bars').focus()
    await page.keyboard.press('End')
    await page.keyboard.press('ArrowLeft')
    await expectFigures(page, days.slice(-2))
    await page.keyboard.press('Enter')
    await expect.poll(() => new URL(page.url()).hash).toMatch(/day=2025-03-30&period=day$/)
    await expect.poll(() => page.locator('worth-bars .bar').count()).toBe(23)
    expect(complaints).toEqual([])
  })

  test('before the first tariff nothing is known, and the page says when it begins', async () => {
    await server.as(ADMIN_TOKEN).ask(SetTariffOfPage, {
      plantId: 9,
      validFrom: '2025-05-01',
      import: { rate: '0.3' },
      export: { rate: '0' },
    })
    await using tab = await openTab(browser, `${server.url}/#worth?plant=9&${march}`)
    await tab.page.getByText('No amounts are known in this time').waitFor()
    await tab.page.getByText('The first tariff applies from 1 May 2025').waitFor()
    expect(await tab.page.locator('worth-view .figure').count()).toBe(0)
  })
})

const focused = (page: Page) => page.evaluate(() => document.activeElement?.getAttribute('name'))

/** The field is soon called wrong, has the focus, and says what is. */
async function expectFault(page: Page, field: string, message: string): Promise<void> {
  const input = page.locator(`[name="${field}"][aria-invalid="true"]`)
  const told = page.locator('.tariff-form .field .wrong', { hasText: message })
  await told.waitFor()
  expect(await input.getAttribute('aria-describedby')).toBe(await told.getAttribute('id'))
  await expect.poll(() => focused(page)).toBe(field)
  expect(await page.locator('.tariff-form .wrong').allInnerTexts()).toHaveLength(2)
}

/** The figures are soon those of the first period. */
async function expectFigures(page: Page, [cost]: readonly (Cost | undefined)[]): Promise<void> {
  await expect
    .poll(() => figuresOf(page, 'worth-view'))
    .toEqual({
      Saved: cost?.savings,
      'Paid for import': cost?.importCost,
      'Daily charge': cost?.dailyCharge,
      'Earned by export': cost?.exportRevenue,
      'Bill in total': cost?.total,
    })
}

/** The machine-readable amounts of the rows of a table. */
function valuesOfRows(rows: Element[]): (string | null)[][] {
  return rows.map((row) =>
    [...row.querySelectorAll('data')].map((data) => data.getAttribute('value')),
  )
}
