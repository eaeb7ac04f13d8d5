import { sql } from 'kysely'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Program, startProgram } from '../support/program.ts'
import { openDataFolder } from '../support/server.ts'
import { hasChromium, openChromium, openTab } from './tab.ts'

describe.skipIf(!hasChromium)('without being loaded again', () => {
  let database: TestDatabase
  let browser: Browser
  beforeAll(async () => {
    database = await openTestDatabase('native')
    browser = await openChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await database?.[Symbol.asyncDispose]()
  })

  const insert = (pv: number) =>
    sql`insert into solark.telemetry (plant_id, timestamp, soc, pv_power, batt_power, grid_power, load_power)
      values (7, clock_timestamp(), 50, ${pv}, 0, 0, ${pv})`.execute(database.kysely)

  async function serve(dataDir: string, port: string): Promise<{ program: Program; url: string }> {
    const program = startProgram(['serve'], {
      PORT: port,
      HELIOGRAPH_DATA_DIR: dataDir,
      DATABASE_URL: database.url,
      SIMULATE: '0',
    })
    const [, url = ''] = await program.written(/GraphiQL +(http:\/\/\S+)\/graphql\n/)
    return { program, url }
  }

  test('the page survives a kill of the server, and shows nothing old as live meanwhile', async () => {
    await using folder = await openDataFolder()
    await insert(3000)
    const first = await serve(folder.path, '0')
    await using killed = first.program
    await using tab = await openTab(browser, first.url)
    const { page } = tab
    const state = page.getByRole('status').first()
    const solar = page.locator('energy-flow .node.solar')
    await expect.poll(() => solar.innerText()).toContain('3.00 kW')
    await page.evaluate(() => Reflect.set(window, 'isSame', true))

    killed.kill('SIGKILL')
    await page.getByText('No connection. These are the values of').waitFor()
    expect(await state.innerText()).toBe('Connecting')
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0)

    await insert(4000)
    const { program } = await serve(folder.path, new URL(first.url).port)
    await using _ = program
    await expect.poll(() => solar.innerText()).toContain('4.00 kW')
    expect(await state.innerText()).toBe('Live')
    await insert(5000)
    await expect.poll(() => solar.innerText()).toContain('5.00 kW')
    expect(await page.evaluate(() => Reflect.get(window, 'isSame'))).toBe(true)
  })

  test('the page survives a lost network', async () => {
    await using folder = await openDataFolder()
    await insert(3000)
    const { program, url } = await serve(folder.path, '0')
    await using _ = program
    await using tab = await openTab(browser, url)
    const { page } = tab
    const state = page.getByRole('status').first()
    await expect.poll(() => state.innerText()).toBe('Live')
    await page.context().setOffline(true)
    await expect.poll(() => state.innerText()).toBe('Connecting')
    await insert(6000)
    await page.context().setOffline(false)
    await expect.poll(() => state.innerText()).toBe('Live')
    await expect
      .poll(() => page.locator('energy-flow .node.solar').innerText())
      .toContain('6.00 kW')
  })
})
