import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestDatabase } from '../support/database.ts'
import { openServer } from '../support/server.ts'
import { violationsOf } from './axe.ts'
import { hasChromium, openChromium, openTab } from './tab.ts'

const tokens = {
  READ_TOKEN: 'read-token-of-the-test',
  ADMIN_TOKEN: 'admin-token-of-the-test',
}

describe.skipIf(!hasChromium)('a token', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openChromium()
  })
  afterAll(() => browser?.close())

  test('is asked for where reading needs one, and a wrong one is called wrong', async () => {
    await using server = await openServer({ ...tokens, PUBLIC_READ: 'false', SIMULATE: '1' })
    await using tab = await openTab(browser, server.url)
    const { page, foreign, complaints } = tab
    const dialog = page.getByRole('dialog', { name: 'A token, please' })
    await dialog.waitFor()
    expect(await violationsOf(page)).toEqual([])
    await page.keyboard.press('Escape')
    await dialog.waitFor()
    const cancel = dialog.getByRole('button', { name: 'Cancel' })
    expect(await cancel.count()).toBe(0)

    await dialog.getByLabel('Token').fill('not-the-token')
    await dialog.getByRole('button', { name: 'Use it' }).click()
    await dialog.getByText('This server does not know that token').waitFor()
    await cancel.click()
    await cancel.waitFor({ state: 'hidden' })
    await dialog.waitFor()

    await dialog.getByLabel('Token').fill(tokens.READ_TOKEN)
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'hidden' })
    await page.locator('energy-flow .moving').first().waitFor({ state: 'attached' })

    await page.reload()
    await page.locator('energy-flow .moving').first().waitFor({ state: 'attached' })
    expect(await dialog.isVisible()).toBe(false)
    expect(page.url()).not.toContain('token-of-the-test')

    await page.goto(`${server.url}/#system`)
    await page.getByRole('button', { name: 'Forget the token' }).click()
    await dialog.waitFor()
    expect([foreign, complaints]).toEqual([[], []])
  }, 120_000)

  test('of the admin applies the pending migrations', async () => {
    await using database = await openTestDatabase('native', { migrated: false })
    await using server = await openServer({
      ...tokens,
      DATABASE_URL: database.url,
      SIMULATE: '0',
      MIGRATE_ON_START: 'false',
    })
    await using tab = await openTab(browser, `${server.url}/#system`)
    const { page } = tab
    const apply = page.getByRole('button', { name: 'Apply them now' })
    await apply.click()
    const dialog = page.getByRole('dialog', { name: 'A token, please' })
    await dialog.getByText('A change on this server needs the admin token.').waitFor()
    await dialog.getByLabel('Token').fill(tokens.ADMIN_TOKEN)
    await dialog.getByRole('button', { name: 'Use it' }).click()
    await dialog.waitFor({ state: 'hidden' })
    await apply.click()
    await page.getByText('The database is up to date.').waitFor({ timeout: 60_000 })
    await page.getByRole('link', { name: 'Now' }).click()
    await page.getByRole('heading', { name: 'There is no plant yet' }).waitFor()
  }, 120_000)
})
