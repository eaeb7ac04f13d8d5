import { sql } from 'kysely'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { openServer, type Server } from '../support/server.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import { violationsOf } from './axe.ts'
import { CourseOfFleet, NamePlant, SetTariffOfPage, SumsOfFleet } from './operations.ts'
import { figuresOf, hasChromium, openChromium, openTab } from './tab.ts'

const ADMIN_TOKEN = 'admin-token-of-the-test'
const fleet = { plantIds: [7, 8], timeZone: 'Europe/Berlin' }
/** Both plants measured all of it; on the day before, the roof alone. */
const BOTH = '2026-05-10'
const ROOF_ALONE = '2026-05-09'
const MAY = { from: '2026-05-01', to: '2026-05-31' }

describe.skipIf(!hasChromium)('all plants together', () => {
  let database: TestDatabase
  let server: Server
  let browser: Browser
  beforeAll(async () => {
    database = await openTestDatabase('native')
    // Called by the port of a proxy as well.
    const anyName = { HOST: '0.0.0.0', PUBLIC_READ: 'true' }
    server = await openServer({
      ...anyName,
      DATABASE_URL: database.url,
      SIMULATE: '0',
      ADMIN_TOKEN,
    })
    browser = await openChromium()
    const admin = server.as(ADMIN_TOKEN)
    for (const [id, name] of [
      [7, 'Roof'],
      [8, 'Barn'],
    ] as const) {
      await admin.ask(NamePlant, { id, name, timeZone: 'Europe/Berlin' })
      await admin.ask(SetTariffOfPage, {
        plantId: id,
        validFrom: '2026-01-01',
        import: { rate: id === 7 ? '0.31' : '0.2' },
        export: { rate: '0.08' },
      })
    }
    await fill(7, ROOF_ALONE, BOTH)
    await fill(8, BOTH, BOTH)
  })
  afterAll(async () => {
    await browser?.close()
    await server?.[Symbol.asyncDispose]()
    await database?.[Symbol.asyncDispose]()
  })

  /** A reading every five minutes of some days by the clock of Berlin. */
  const fill = (plantId: number, from: string, to: string) =>
    sql`
      insert into solark.telemetry
        (plant_id, timestamp, soc, pv_power, batt_power, grid_power, load_power)
      select ${plantId}, at, 50, 2000, 300 * sin(n / 9.0), 900 * sin(n / 20.0), 2000 + 900 * sin(n / 20.0)
      from generate_series(${from}::timestamp at time zone 'Europe/Berlin',
        (${to}::date + 1)::timestamp at time zone 'Europe/Berlin', '5 minutes') with ordinality as series (at, n)
    `.execute(database.kysely)

  const insert = (plantId: number, secondsAgo: number, pv: number) =>
    sql`
      insert into solark.telemetry
        (plant_id, timestamp, soc, pv_power, batt_power, grid_power, load_power)
      values (${plantId}, now() - make_interval(secs => ${secondsAgo}), 80, ${pv}, -500, -1000, 2960)
    `.execute(database.kysely)

  const flow = (page: Page) => page.locator('energy-flow data.main').evaluateAll(valuesOf)

  test('are picked by name, and now show the sums of their newest readings', async () => {
    await insert(7, 1, 7420)
    await insert(8, 1, 1200)
    await using tab = await openTab(browser, `${server.url}/#now?plant=7`)
    const { page, foreign, complaints } = tab
    await page.getByLabel('Plant', { exact: true }).selectOption('All together')
    await page.getByRole('heading', { name: 'All together' }).waitFor()
    await expect.poll(() => flow(page)).toEqual(['8620', '-2000', '-5920', '-1000'])
    await expect.poll(() => page.getByRole('status').first().innerText()).toBe('Live')
    expect(new URL(page.url()).hash).toBe('#now?plant=all')
    await insert(8, 0, 1300)
    await expect.poll(() => flow(page)).toEqual(['8720', '-2000', '-5920', '-1000'])
    expect(await violationsOf(page)).toEqual([])
    expect([foreign, complaints]).toEqual([[], []])
  })

  test('sums come also from a server that takes longer to answer than the page waits to ask', async () => {
    await using proxy = await openTcpProxy(server.url)
    await insert(7, 1, 6000)
    await insert(8, 1, 1000)
    await using tab = await openTab(browser, `http://${new URL(proxy.url).host}/#now?plant=all`)
    await expect.poll(() => flow(tab.page)).toEqual(['7000', '-2000', '-5920', '-1000'])
    proxy.delay(1500)
    await insert(8, 0, 1700)
    await expect
      .poll(() => flow(tab.page), { timeout: 20_000 })
      .toEqual(['7700', '-2000', '-5920', '-1000'])
  })

  test('one that is silent is named, and nothing is added up without it', async () => {
    await sql`delete from solark.telemetry where plant_id = 8 and timestamp > '2026-06-01'`.execute(
      database.kysely,
    )
    await insert(7, 0, 5000)
    await insert(8, 7200, 900)
    await using tab = await openTab(browser, server.url)
    const { page, complaints } = tab
    let sums = 0
    page.on('websocket', (socket) =>
      socket.on('framereceived', ({ payload }) => {
        if (payload.includes('"fleet":{"latest"')) sums++
      }),
    )
    await page.goto(`${server.url}/?again#now?plant=all`)
    await page.getByText('Nothing can be added up now: there is no new reading of Barn.').waitFor()
    expect(await page.getByRole('status').first().innerText()).toBe('Incomplete')
    // The first answer is shown when the second one comes.
    await expect.poll(() => sums).toBeGreaterThan(1)
    expect(await flow(page)).toEqual(['', '', '', ''])
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0)
    expect(await violationsOf(page)).toEqual([])
    await insert(8, 0, 950)
    await expect.poll(() => flow(page)).toEqual(['5950', '-2000', '-5920', '-1000'])
    await expect.poll(() => page.getByRole('status').first().innerText()).toBe('Live')
    expect(complaints).toEqual([])
  })

  test('the course of a day has the sums of the API, and names the plant that leaves it open', async () => {
    await using tab = await openTab(browser, `${server.url}/#day?plant=all&day=${BOTH}`)
    const { page, complaints } = tab
    await page.locator('history-table summary').click()
    const { points } = (
      await server.as(ADMIN_TOKEN).ask(CourseOfFleet, {
        ...fleet,
        from: '2026-05-09T22:00:00Z',
        to: '2026-05-10T22:00:00Z',
      })
    ).fleet.history
    const rows = page.locator('history-table tbody tr')
    await expect.poll(() => rows.count()).toBe(points.length)
    expect(points.every(({ pvPower }) => pvPower !== null)).toBe(true)
    expect(await rows.evaluateAll(firstAndLastOfRows)).toEqual(
      points.map(({ pvPower, gridPower }) => [String(pvPower), String(gridPower)]),
    )
    expect(await violationsOf(page)).toEqual([])

    await page.goto(`${server.url}/#day?plant=all&day=${ROOF_ALONE}`)
    await page.getByText('Where lines are open, something of Barn is not known').waitFor()
    await page.getByText('Barn: solar, house').waitFor()
    expect(Object.values(await figuresOf(page, 'day-view')).every((value) => value === '')).toBe(
      true,
    )
    expect(complaints).toEqual([])
  })

  test('kWh and amounts of a month are those of the API', async () => {
    const sums = (await server.as(ADMIN_TOKEN).ask(SumsOfFleet, { ...fleet, ...MAY })).fleet
    const [energy] = sums.energy
    const [cost] = sums.costs
    await using tab = await openTab(browser, `${server.url}/#energy?plant=all&day=${BOTH}`)
    const { page, foreign, complaints } = tab
    await page.locator('.parts data').first().waitFor()
    expect(await page.locator('.parts data').evaluateAll(valuesOf)).toEqual(
      [
        energy?.energy.pv,
        energy?.energy.batteryDischarge,
        energy?.energy.gridImport,
        energy?.energy.load,
        energy?.energy.batteryCharge,
        energy?.energy.gridExport,
      ].map(String),
    )
    await page.getByText(/Of each plant at least \d+ % of the time was measured/).waitFor()
    expect(await violationsOf(page)).toEqual([])

    await page.goto(`${server.url}/#worth?plant=all&day=${BOTH}`)
    await page.getByText('Each plant counts by its own tariffs.').waitFor()
    expect(await figuresOf(page, 'worth-view')).toEqual({
      Saved: cost?.savings,
      'Paid for import': cost?.importCost,
      'Daily charge': cost?.dailyCharge,
      'Earned by export': cost?.exportRevenue,
      'Bill in total': cost?.total,
    })
    expect(await page.locator('tariff-form').count()).toBe(0)
    expect(await violationsOf(page)).toEqual([])
    expect([foreign, complaints]).toEqual([[], []])
  })

  test('a bar to which one plant has no part is no bar, and picking it names the plant', async () => {
    await using tab = await openTab(browser, `${server.url}/#energy?plant=all&day=${BOTH}`)
    const { page } = tab
    await page.locator('.bars .bar').nth(8).click()
    await page.getByText('Not added up, because a part is not known:').waitFor()
    await page.getByText('Barn: solar, house').waitFor()
    expect(await page.locator('.parts data').evaluateAll(valuesOf)).toEqual([
      '',
      '',
      '',
      '',
      '',
      '',
    ])
    await page.goto(`${server.url}/#worth?plant=all&day=${ROOF_ALONE}&period=day`)
    await page.getByText('Barn: cost of import, revenue of export and savings').waitFor()
  })
})

function valuesOf(elements: Element[]): (string | null)[] {
  return elements.map((element) => element.getAttribute('value'))
}

function firstAndLastOfRows(rows: Element[]): (string | null | undefined)[][] {
  return rows.map((row) => {
    const data = [...row.querySelectorAll('data')]
    return [data.at(0)?.getAttribute('value'), data.at(-1)?.getAttribute('value')]
  })
}
