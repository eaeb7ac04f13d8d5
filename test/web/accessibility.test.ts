import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openServer, type Server } from '../support/server.ts'
import { violationsOf } from './axe.ts'
import { hasChromium, openChromium, openTab } from './tab.ts'

const views = {
  now: 'energy-flow data.main',
  day: 'power-chart canvas',
  energy: '.bars svg',
  worth: 'tariff-form form',
  system: '.checks li',
}

describe.skipIf(!hasChromium)('the page for everybody', () => {
  let server: Server
  let browser: Browser
  beforeAll(async () => {
    server = await openServer({ SIMULATE: '2' })
    browser = await openChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.[Symbol.asyncDispose]()
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [view, sign] of Object.entries(views)) {
      test(`axe finds nothing wrong with ${view} in ${colorScheme}`, async () => {
        await using tab = await openTab(browser, `${server.url}/#${view}`, { colorScheme })
        await tab.page.locator(sign).first().waitFor()
        if (view === 'day' || view === 'energy') {
          await tab.page.locator('details.table summary').click()
          await tab.page.locator('table tbody tr').first().waitFor()
        }
        expect(await violationsOf(tab.page)).toEqual([])
        expect(tab.complaints).toEqual([])
      })
    }
  }

  test('on a phone nothing is wider than the screen, and every view can be reached', async () => {
    await using tab = await openTab(browser, server.url, {
      viewport: { width: 390, height: 844 },
      isMobile: true,
      hasTouch: true,
    })
    const { page } = tab
    for (const [name, sign] of [
      ['Day', views.day],
      ['Energy', views.energy],
      ['Worth', views.worth],
      ['System', views.system],
      ['Now', views.now],
    ] as const) {
      await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name }).tap()
      await page.locator(sign).first().waitFor()
      const width = await page.evaluate(() => document.documentElement.scrollWidth)
      expect([name, width]).toEqual([name, 390])
      expect(await violationsOf(page)).toEqual([])
    }
  })

  test('the keyboard reaches the content, picks a bar and opens it', async () => {
    await using tab = await openTab(browser, `${server.url}/#energy?period=year`)
    const { page } = tab
    await page.locator(views.energy).first().waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('content')
    await page.locator('.bars').focus()
    await page.keyboard.press('End')
    await page
      .locator('.shares')
      .getByRole('heading', { name: /^December/ })
      .waitFor()
    await page.keyboard.press('ArrowLeft')
    await page
      .locator('.shares')
      .getByRole('heading', { name: /^November/ })
      .waitFor()
    await page.keyboard.press('Enter')
    await expect.poll(() => new URL(page.url()).hash).toMatch(/^#energy\?day=\d{4}-11-01$/)
  })
})
