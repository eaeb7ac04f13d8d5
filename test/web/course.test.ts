import { sql } from 'kysely'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { openServer, type Server } from '../support/server.ts'
import { NOON_ZONE } from './noon-zone.ts'
import { CourseOfDay, EnergyOfPeriods, NamePlant } from './operations.ts'
import { figuresOf, hasChromium, openChromium, openTab } from './tab.ts'

/** In Berlin; the browsers of these tests are in New York. */
const PLANT = 9
const PLANT_AT_NOON = 10
const LONG_DAY = { day: '2025-10-26', from: '2025-10-25T22:00:00Z', to: '2025-10-26T23:00:00Z' }

describe.skipIf(!hasChromium)('the course of a day', () => {
  let database: TestDatabase
  let server: Server
  let browser: Browser
  beforeAll(async () => {
    database = await openTestDatabase('native')
    server = await openServer({ DATABASE_URL: database.url, SIMULATE: '0' })
    browser = await openChromium()
    const admin = server.as(server.adminToken)
    await admin.ask(NamePlant, { id: PLANT, name: 'Roof', timeZone: 'Europe/Berlin' })
    await admin.ask(NamePlant, { id: PLANT_AT_NOON, name: 'Barn', timeZone: NOON_ZONE })
    await fill('2025-10-25T20:00:00Z', '2025-10-27T02:00:00Z')
    await fill('2026-03-28T20:00:00Z', '2026-03-30T02:00:00Z')
    await sql`delete from solark.telemetry
      where timestamp >= '2025-10-26T10:00Z' and timestamp < '2025-10-26T13:00Z'`.execute(
      database.kysely,
    )
  })
  afterAll(async () => {
    await browser?.close()
    await server?.[Symbol.asyncDispose]()
    await database?.[Symbol.asyncDispose]()
  })

  /** A reading every five minutes. */
  const fill = (from: string, to: string, plantId = PLANT) =>
    sql`
      insert into solark.telemetry
        (plant_id, timestamp, soc, pv_power, batt_power, grid_power, load_power)
      select ${plantId}, at, 50 + 30 * sin(extract(epoch from at) / 9000),
        greatest(0, 4000 * sin(extract(epoch from at) / 13000)), 300, -200, 900
      from generate_series(${from}::timestamptz, ${to}::timestamptz, '5 minutes') as at`.execute(
      database.kysely,
    )

  test('the table behind the chart has the values of the API, all 25 hours of them, and gaps', async () => {
    await using tab = await openTab(
      browser,
      `${server.url}/#day?plant=${PLANT}&day=${LONG_DAY.day}`,
    )
    const { page, foreign, complaints } = tab
    const { history } = await server
      .as()
      .ask(CourseOfDay, { plantId: PLANT, from: LONG_DAY.from, to: LONG_DAY.to, maxPoints: 48 })
    expect(history.points).toHaveLength(25)
    await openTable(page)
    await expect.poll(() => rowsOf(page)).toHaveLength(25)
    expect(await rowsOf(page)).toEqual(
      history.points.map(({ start, pvPower, soc }) => ({
        start,
        first: String(pvPower?.avg ?? ''),
        last: String(soc?.avg ?? ''),
      })),
    )
    expect(history.points.filter(({ soc }) => soc === null)).not.toEqual([])
    const names = await page.locator('tbody th').allInnerTexts()
    expect(names.slice(1, 4)).toEqual(['01:00', '02:00 CEST', '02:00 CET'])
    expect([foreign, complaints]).toEqual([[], []])
  })

  test('buttons, keys, the mouse and two fingers zoom, and all of it comes back', async () => {
    await using tab = await openTab(
      browser,
      `${server.url}/#day?plant=${PLANT}&day=${LONG_DAY.day}`,
      { hasTouch: true },
    )
    const { page } = tab
    await openTable(page)
    const whole = ['2025-10-25T22:00:00.000Z', 25]
    const shown = async () => {
      const rows = await rowsOf(page)
      return [rows[0]?.start, rows.length]
    }
    await expect.poll(shown).toEqual(whole)
    const isMovedFrom = async (before: unknown) => {
      const [start] = await shown()
      return start !== undefined && start !== before
    }
    const isZoomed = () => isMovedFrom(whole[0])

    await page.getByRole('button', { name: 'Zoom in' }).click()
    await expect.poll(isZoomed).toBe(true)
    await page.getByRole('button', { name: 'Show all' }).click()
    await expect.poll(shown).toEqual(whole)
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'))
    expect(await focused()).toBe('Show all')

    await page.locator('.plots').focus()
    await page.keyboard.press('+')
    await expect.poll(isZoomed).toBe(true)
    const [before] = await shown()
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => isMovedFrom(before)).toBe(true)
    await page.keyboard.press('0')
    await expect.poll(shown).toEqual(whole)

    const plot = await page.locator('.u-over').first().boundingBox()
    if (plot === null) throw new Error('There is no plot')
    const middle = plot.y + plot.height / 2
    await page.mouse.move(plot.x + plot.width * 0.4, middle)
    await page.mouse.down()
    await page.mouse.move(plot.x + plot.width * 0.6, middle, { steps: 4 })
    await page.mouse.up()
    await expect.poll(isZoomed).toBe(true)
    await page.mouse.dblclick(plot.x + plot.width / 2, middle)
    await expect.poll(shown).toEqual(whole)

    const touch = await page.context().newCDPSession(page)
    const fingers = async (type: 'touchStart' | 'touchMove' | 'touchEnd', shares: number[]) => {
      const touchPoints = shares.map((share, id) => ({
        x: plot.x + plot.width * share,
        y: middle,
        id,
      }))
      await touch.send('Input.dispatchTouchEvent', { type, touchPoints })
    }
    await fingers('touchStart', [0.45, 0.55])
    for (const spread of [0.1, 0.15, 0.2]) {
      await fingers('touchMove', [0.5 - spread, 0.5 + spread])
    }
    await fingers('touchEnd', [])
    await expect.poll(isZoomed).toBe(true)
  })

  test('the picked day stands in its field, also after going back and clearing it', async () => {
    await using tab = await openTab(
      browser,
      `${server.url}/#day?plant=${PLANT}&day=${LONG_DAY.day}`,
    )
    const { page } = tab
    const field = page.locator('input[type=date]')
    await field.fill('2026-03-29')
    await expect.poll(() => new URL(page.url()).hash).toContain('day=2026-03-29')
    await field.fill('')
    await expect.poll(() => field.inputValue()).toBe('2026-03-29')
    await page.goBack()
    await expect.poll(() => field.inputValue()).toBe(LONG_DAY.day)
  })

  test('a value between two gaps is seen', async () => {
    await sql`insert into solark.telemetry (plant_id, timestamp, load_power)
      values (${PLANT}, '2025-06-10T08:00Z', 900), (${PLANT}, '2025-06-10T08:01Z', 900)`.execute(
      database.kysely,
    )
    await using tab = await openTab(browser, `${server.url}/#day?plant=${PLANT}&day=2025-06-10`)
    const { page } = tab
    await page.locator('.legend .line.house').waitFor()
    const canvas = page.locator('power-chart canvas').first()
    await expect.poll(() => canvas.evaluate(pixelsOf, '--house')).toBeGreaterThan(4)
  })

  test('the bars of a day are its 25 or 23 hours, with the kWh of the API', async () => {
    for (const [day, hours] of [
      [LONG_DAY.day, 25],
      ['2026-03-29', 23],
    ] as const) {
      await using tab = await openTab(
        browser,
        `${server.url}/#energy?plant=${PLANT}&period=day&day=${day}`,
      )
      const { page } = tab
      const { energy } = await server
        .as()
        .ask(EnergyOfPeriods, { plantId: PLANT, from: day, to: day, period: 'HOUR' })
      await page.locator('details.table summary').click()
      await expect.poll(() => page.locator('tbody tr').count()).toBe(hours)
      await expect.poll(() => page.locator('.bars .bar').count()).toBe(hours)
      const shown = await page
        .locator('tbody tr')
        .evaluateAll((rows) => rows.map((row) => row.querySelector('data')?.getAttribute('value')))
      expect(shown).toEqual(energy.map(({ energy }) => String(energy.pv ?? '')))
    }
  })

  test('a month says what it was, and how much of it was measured', async () => {
    await using tab = await openTab(
      browser,
      `${server.url}/#energy?plant=${PLANT}&day=${LONG_DAY.day}`,
    )
    const { page } = tab
    const { energy } = await server.as().ask(EnergyOfPeriods, {
      plantId: PLANT,
      from: '2025-10-01',
      to: '2025-10-31',
      period: 'MONTH',
    })
    const [month] = energy
    await page.getByRole('heading', { name: 'October 2025' }).first().waitFor()
    await page.locator('.parts data').first().waitFor()
    const shown = await page
      .locator('.parts data')
      .evaluateAll((parts) => parts.map((part) => part.getAttribute('value')))
    expect(shown).toEqual(
      [
        month?.energy.pv,
        month?.energy.batteryDischarge,
        month?.energy.gridImport,
        month?.energy.load,
        month?.energy.batteryCharge,
        month?.energy.gridExport,
      ].map(String),
    )
    expect(await figuresOf(page, '.shares')).toEqual({
      'Self-sufficiency': String(month?.selfSufficiency),
      'Self-consumption': String(month?.selfConsumption),
    })
    await page.getByText(/Measured \d+ % of the time/).waitFor()
  })

  test('the newest minutes of today follow by themselves', async () => {
    const now = Date.now()
    const [from, to] = [new Date(now - 3_600_000), new Date(now - 600_000)]
    await fill(from.toISOString(), to.toISOString(), PLANT_AT_NOON)
    await using tab = await openTab(browser, `${server.url}/#day?plant=${PLANT_AT_NOON}`)
    const { page } = tab
    await page.locator('.legend .line.house').waitFor()
    const picture = () =>
      page
        .locator('power-chart canvas')
        .first()
        .evaluate((canvas) => (canvas instanceof HTMLCanvasElement ? canvas.toDataURL() : ''))
    const end = new Date().toISOString()
    // Two pictures of the same: all that was there is drawn.
    let before = await picture()
    await expect
      .poll(async () => {
        const last = before
        before = await picture()
        return last === before
      })
      .toBe(true)
    await sql`insert into solark.telemetry (plant_id, timestamp, pv_power, load_power)
      values (${PLANT_AT_NOON}, ${end}::timestamptz - interval '5 minutes', 9000, 500),
        (${PLANT_AT_NOON}, ${end}, 9000, 500)`.execute(database.kysely)
    await expect.poll(picture, { timeout: 30_000 }).not.toBe(before)
  })
})

/** In the page: how many pixels of a canvas have the colour of a name in the style sheets. */
function pixelsOf(canvas: Element, name: string): number {
  const context = canvas instanceof HTMLCanvasElement ? canvas.getContext('2d') : null
  const sample = document.createElement('canvas').getContext('2d')
  if (context === null || sample === null) return 0
  sample.fillStyle = getComputedStyle(canvas).getPropertyValue(name).trim()
  sample.fillRect(0, 0, 1, 1)
  const wanted = sample.getImageData(0, 0, 1, 1).data
  const { width, height } = context.canvas
  const { data } = context.getImageData(0, 0, width, height)
  let count = 0
  for (let at = 0; at < data.length; at += 4) {
    if ([0, 1, 2, 3].every((part) => data[at + part] === wanted[part])) count++
  }
  return count
}

async function openTable(page: Page): Promise<void> {
  await page.locator('history-table summary').click()
}

/** When each row of the table begins, and the values of its first and last column. */
async function rowsOf(
  page: Page,
): Promise<{ start: string | null | undefined; first: string | null; last: string | null }[]> {
  return await page.locator('history-table tbody tr').evaluateAll((rows) =>
    rows.map((row) => {
      const values = [...row.querySelectorAll('data')].map((data) => data.getAttribute('value'))
      return {
        start: row.querySelector('time')?.getAttribute('datetime'),
        first: values.at(0) ?? null,
        last: values.at(-1) ?? null,
      }
    }),
  )
}
