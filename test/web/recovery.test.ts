import { sql } from 'kysely'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Environment, type Program, startProgram } from '../support/program.ts'
import { openDataFolder } from '../support/server.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
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

  async function serve(
    dataDir: string,
    port: string,
    environment: Environment = {},
  ): Promise<{ program: Program; url: string }> {
    const program = startProgram(['serve'], {
      DATABASE_URL: database.url,
      ...environment,
      PORT: port,
      HELIOGRAPH_DATA_DIR: dataDir,
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
    await expect.poll(() => state.innerText()).toBe('Live')
    await insert(5000)
    await expect.poll(() => solar.innerText()).toContain('5.00 kW')
    expect(await page.evaluate(() => Reflect.get(window, 'isSame'))).toBe(true)
  })

  test('after a sleep nothing old is shown as live, and the page goes on by itself', async () => {
    await using folder = await openDataFolder()
    await insert(3000)
    // Called by the proxy's port.
    const anyName = { HOST: '0.0.0.0', PUBLIC_READ: 'true' }
    const { program, url } = await serve(folder.path, '0', anyName)
    await using _ = program
    await using proxy = await openTcpProxy(url)
    await using tab = await openTab(browser, `http://${new URL(proxy.url).host}`)
    const { page, complaints } = tab
    await expect.poll(() => page.locator('energy-flow .node.solar').innerText()).toContain('3.00')
    await expect.poll(() => page.getByRole('status').first().innerText()).toBe('Live')

    // No timer runs, the clock goes on, and the network forgets the connection.
    const devtools = await page.context().newCDPSession(page)
    proxy.silence()
    await page.evaluate(keepFrames)
    await page.evaluate((asleep) => {
      const now = Date.now
      Date.now = () => now() + asleep
    }, 2 * 3_600_000)
    await devtools.send('Page.setWebLifecycleState', { state: 'frozen' })
    await insert(8000)
    await devtools.send('Page.setWebLifecycleState', { state: 'active' })

    await page.getByText('No connection. These are the values of').waitFor()
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0)
    await proxy.restore()
    const isLiveAgain = async () => (await framesOf(page)).at(-1)
    await expect.poll(isLiveAgain, { timeout: 30_000 }).toEqual(['Live', '8000'])
    const frames = await framesOf(page)
    // From the first frame that knows of the sleep, only the new reading is live.
    expect(frames[0]).toEqual(['Live', '3000'])
    const isLive = frames.slice(1).filter(([state]) => state === 'Live')
    expect(isLive, JSON.stringify(frames)).toEqual([['Live', '8000']])
    expect(complaints.filter((text) => !text.includes('WebSocket'))).toEqual([])
  })

  test('while the server has no database nothing is shown as live, and it goes on by itself', async () => {
    await using folder = await openDataFolder()
    await using proxy = await openTcpProxy(database.url)
    await insert(3000)
    const { program, url } = await serve(folder.path, '0', { DATABASE_URL: proxy.url })
    await using _ = program
    await using tab = await openTab(browser, url)
    const { page } = tab
    const state = page.getByRole('status').first()
    await expect.poll(() => state.innerText()).toBe('Live')
    await proxy.cut()
    await expect.poll(() => state.innerText(), { timeout: 40_000 }).toBe('Connecting')
    await page.locator('connection-notice').getByText('The server says:').waitFor()
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0)
    await proxy.restore()
    await insert(7000)
    await expect.poll(() => state.innerText(), { timeout: 40_000 }).toBe('Live')
    await expect
      .poll(() => page.locator('energy-flow .node.solar').innerText())
      .toContain('7.00 kW')
  }, 120_000)

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

/** In the page: keeps each frame that differs from the one before, as the state and the solar power that it shows. */
function keepFrames(): void {
  const frames: (string | null)[][] = []
  Reflect.set(window, 'shownFrames', frames)
  const keep = () => {
    const state = document.querySelector('[role="status"]')?.textContent ?? null
    const solar = document.querySelector('.node.solar data')?.getAttribute('value') ?? null
    const last = frames.at(-1)
    if (last?.[0] !== state || last[1] !== solar) frames.push([state, solar])
    requestAnimationFrame(keep)
  }
  keep()
}

function framesOf(page: Page): Promise<(string | null)[][]> {
  return page.evaluate(() => Reflect.get(window, 'shownFrames'))
}
