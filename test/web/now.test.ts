import { sql } from 'kysely'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { openServer, type Server } from '../support/server.ts'
import { NOON_ZONE } from './noon-zone.ts'
import { EnergyOfPeriods, NamePlant } from './operations.ts'
import { figuresOf, hasChromium, openChromium, openTab } from './tab.ts'

describe.skipIf(!hasChromium)('what the plant is doing', () => {
  let database: TestDatabase
  let server: Server
  let browser: Browser
  beforeAll(async () => {
    database = await openTestDatabase('native')
    server = await openServer({ DATABASE_URL: database.url, SIMULATE: '0' })
    browser = await openChromium()
    const admin = server.as(server.adminToken)
    await admin.ask(NamePlant, { id: 7, name: 'Roof', timeZone: NOON_ZONE })
    await admin.ask(NamePlant, { id: 8, name: 'Barn', timeZone: 'Europe/Berlin' })
  })
  afterAll(async () => {
    await browser?.close()
    await server?.[Symbol.asyncDispose]()
    await database?.[Symbol.asyncDispose]()
  })

  /** As any other program writes: a reading of so many seconds ago. */
  const insert = (plantId: number, secondsAgo: number, values: { pv: number; soc?: number }) =>
    sql`
      insert into solark.telemetry
        (plant_id, timestamp, soc, pv_power, batt_power, grid_power, load_power)
      values (${plantId}, now() - make_interval(secs => ${secondsAgo}), ${values.soc ?? 81},
        ${values.pv}, -2310, -1985, 2960)`.execute(database.kysely)

  test('a reading that SQL writes moves the picture, as far as it flows', async () => {
    await insert(7, 60, { pv: 7420 })
    await insert(8, 60, { pv: 1200 })
    await using tab = await openTab(browser, `${server.url}/#now?plant=7`)
    const { page, foreign, complaints } = tab
    const solar = page.locator('energy-flow .node.solar')
    await expect.poll(() => solar.innerText()).toContain('7.42 kW')
    await insert(7, 0, { pv: 5300, soc: 83 })
    await expect.poll(() => solar.innerText()).toContain('5.30 kW')
    expect(await page.locator('energy-flow data.main').evaluateAll(valuesOf)).toEqual([
      '5300',
      '-1985',
      '-2960',
      '83',
    ])
    const moving = page.locator('energy-flow .moving')
    expect(
      await moving.evaluateAll((paths) => paths.map((path) => path.getAnimations().length)),
    ).toEqual([1, 1, 1, 1])
    expect(await page.getByRole('status').first().innerText()).toBe('Live')
    expect([foreign, complaints]).toEqual([[], []])
  })

  test('the kWh of today are those of the API, by the clock of the plant', async () => {
    await insert(7, 30, { pv: 5000 })
    await insert(7, 1, { pv: 5100 })
    const day = new Intl.DateTimeFormat('en-CA', { timeZone: NOON_ZONE }).format(new Date())
    await using tab = await openTab(browser, `${server.url}/#now?plant=7`)
    await expect.poll(async () => (await figuresOf(tab.page, 'today-summary')).Solar).toMatch(/\d/)
    const shown = await figuresOf(tab.page, 'today-summary')
    const { energy } = await server
      .as()
      .ask(EnergyOfPeriods, { plantId: 7, from: day, to: day, period: 'DAY' })
    const today = energy[0]
    expect(shown).toEqual({
      Solar: String(today?.energy.pv),
      House: String(today?.energy.load),
      'From the grid': String(today?.energy.gridImport),
      'To the grid': String(today?.energy.gridExport),
      'Into the battery': String(today?.energy.batteryCharge),
      'From the battery': String(today?.energy.batteryDischarge),
      'Self-sufficiency': String(today?.selfSufficiency),
      'Self-consumption': String(today?.selfConsumption),
    })
    // Since midnight there was a reading in the last minutes only.
    await tab.page.locator('today-summary').getByText('Measured 0 % of the time so far').waitFor()
    await tab.page.getByRole('link', { name: 'Day' }).click()
    await tab.page.locator('day-view').getByText('Measured 0 % of the time so far').waitFor()
  })

  test('another plant is picked by name, and stays picked in the address', async () => {
    await insert(7, 0, { pv: 5000 })
    await insert(8, 0, { pv: 1300 })
    await using tab = await openTab(browser, server.url)
    const { page } = tab
    const picker = page.getByLabel('Plant', { exact: true })
    await picker.selectOption('Barn')
    await page.getByRole('heading', { name: 'Barn' }).waitFor()
    await picker.selectOption('Roof')
    await page.getByRole('heading', { name: 'Roof' }).waitFor()
    await page.goBack()
    await page.getByRole('heading', { name: 'Barn' }).waitFor()
    expect(await picker.inputValue()).toBe('8')
    const solar = page.locator('energy-flow .node.solar')
    await expect.poll(() => solar.innerText()).toContain('1.30 kW')
    expect(new URL(page.url()).hash).toBe('#now?plant=8')
    await page.reload()
    await page.getByRole('heading', { name: 'Barn' }).waitFor()
    await page.goBack()
    await page.getByRole('heading', { name: 'Roof' }).waitFor()
  })

  test('from a plant that is not there a link leads to one that is', async () => {
    await using tab = await openTab(browser, `${server.url}/#now?plant=99`)
    const { page } = tab
    await page.getByText('This server knows no plant 99.').waitFor()
    expect(await page.getByLabel('Plant', { exact: true }).inputValue()).toBe('')
    await page.getByRole('link', { name: 'Show Roof' }).click()
    await page.getByRole('heading', { name: 'Roof' }).waitFor()
    expect(new URL(page.url()).hash).toBe('#now?plant=7')
    expect(await page.getByLabel('Plant', { exact: true }).inputValue()).toBe('7')
  })

  test('a silent plant is called silent, and nothing of it moves', async () => {
    await sql`delete from solark.telemetry where plant_id = 8`.execute(database.kysely)
    await insert(8, 7200, { pv: 900 })
    await using tab = await openTab(browser, `${server.url}/#now?plant=7`)
    const { page } = tab
    let listed = 0
    page.on('websocket', (socket) =>
      socket.on('framesent', ({ payload }) => {
        if (payload.includes('query Plants')) listed++
      }),
    )
    await page.goto(`${server.url}/?again#now?plant=8`)
    await page.getByText('The plant is silent. Its last reading was 2 hr ago.').waitFor()
    expect(await page.getByRole('status').first().innerText()).toBe('Silent')
    const running = await page.evaluate(() => document.getAnimations().length)
    expect(running).toBe(0)
    await insert(8, 0, { pv: 950 })
    await expect.poll(() => page.getByRole('status').first().innerText()).toBe('Live')
    // Once for the connection, once because the plant is no longer silent, and every 15 seconds.
    expect(listed).toBeGreaterThanOrEqual(2)
    expect(listed).toBeLessThan(12)
  })

  test('with reduced motion nothing moves, and the words say which way it goes', async () => {
    await insert(7, 0, { pv: 5000 })
    await using tab = await openTab(browser, `${server.url}/#now?plant=7`, {
      reducedMotion: 'reduce',
    })
    const { page } = tab
    await page.locator('energy-flow').getByText('exporting').waitFor()
    await page.locator('energy-flow').getByText('charging', { exact: true }).waitFor()
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0)
  })

  test('each number of the flow has its name, and a battery that was not measured is not idle', async () => {
    const textsOf = (page: Page) =>
      page
        .locator('energy-flow .node')
        .evaluateAll((nodes) => nodes.map((node) => node.textContent?.replace(/\s+/g, ' ').trim()))
    await insert(7, 0, { pv: 5000, soc: 81 })
    await sql`insert into solark.telemetry (plant_id, timestamp, pv_power, grid_power, load_power)
      values (12, now(), 2500, -2000, 500)`.execute(database.kysely)
    await using tab = await openTab(browser, `${server.url}/#now?plant=7`)
    const { page } = tab
    await expect
      .poll(() => textsOf(page))
      .toEqual([
        '5.00 kW Solar',
        expect.stringMatching(/^Grid 1\.9\d kW exporting$/),
        '2.96 kW House',
        'Battery 81 % 2.31 kW charging',
      ])
    await page.goto(`${server.url}/#now?plant=12`)
    await expect
      .poll(() => textsOf(page))
      .toEqual(['2.50 kW Solar', 'Grid 2.00 kW exporting', '500 W House', '– Battery'])
  })
})

function valuesOf(elements: Element[]): (string | null)[] {
  return elements.map((element) => element.getAttribute('value'))
}
