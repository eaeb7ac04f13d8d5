import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { openTestDatabase } from '../support/database.ts'
import { openServer } from '../support/server.ts'
import { hasChromium, openChromium, openTab } from './tab.ts'

const PLANTS = 3000

test.skipIf(!hasChromium)(
  'the page lists more plants than one answer holds, and follows the last of them',
  async () => {
    await using database = await openTestDatabase('native')
    await using server = await openServer({ DATABASE_URL: database.url, SIMULATE: '0' })
    const insert = (from: number, soc: number) =>
      sql`
        insert into solark.telemetry (plant_id, timestamp, soc, pv_power, batt_power, grid_power, load_power)
        select plant_id, clock_timestamp(), ${soc}, 4000, 0, -1000, 3000
        from generate_series(${from}::int, ${PLANTS}::int) as plant_id`.execute(database.kysely)
    await insert(1, 40)
    const browser = await openChromium()
    try {
      await using tab = await openTab(browser, `${server.url}/#now?plant=${PLANTS}`)
      const { page, complaints } = tab
      const battery = page.locator('energy-flow .node.battery')
      await expect.poll(() => battery.innerText(), { timeout: 40_000 }).toContain('40 %')
      // And one for all together.
      const options = page.getByLabel('Plant', { exact: true }).locator('option')
      await expect.poll(() => options.count()).toBe(PLANTS + 1)
      await insert(PLANTS, 60)
      await expect.poll(() => battery.innerText()).toContain('60 %')
      await expect.poll(() => page.getByRole('status').first().innerText()).toBe('Live')
      expect(complaints).toEqual([])
    } finally {
      await browser.close()
    }
  },
)

test.skipIf(!hasChromium)(
  'a plant whose readings always come late does not have the page list all plants each time',
  async () => {
    await using database = await openTestDatabase('native')
    await using server = await openServer({ DATABASE_URL: database.url, SIMULATE: '0' })
    const insert = (soc: number) =>
      sql`
        insert into solark.telemetry (plant_id, timestamp, soc)
        values (1, clock_timestamp() - interval '30 minutes', ${soc})`.execute(database.kysely)
    await insert(0)
    const browser = await openChromium()
    try {
      await using tab = await openTab(browser, 'about:blank')
      const { page } = tab
      let listings = 0
      page.on('websocket', (socket) =>
        socket.on('framesent', ({ payload }) => {
          if (String(payload).includes('query Plants')) listings++
        }),
      )
      await page.goto(`${server.url}/#now?plant=1`)
      const battery = page.locator('energy-flow .node.battery')
      for (let soc = 1; soc <= 20; soc++) {
        await insert(soc)
        await expect.poll(() => battery.innerText()).toContain(`${soc} %`)
      }
      expect(listings).toBeLessThan(10)
    } finally {
      await browser.close()
    }
  },
)
