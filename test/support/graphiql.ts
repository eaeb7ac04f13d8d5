import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'

/** On a busy machine the editor takes its time. */
const PATIENCE = { timeout: 60_000, interval: 250 }

/** The text of an editor, which shows spaces as no-break spaces. */
async function textOf(editor: Locator): Promise<string> {
  return ((await editor.textContent()) ?? '').replaceAll('\u00a0', ' ')
}

export function resultOf(page: Page): Promise<string> {
  return textOf(page.locator('.result-window'))
}

/** Chooses a tab of GraphiQL, and waits until the editor shows its operation. */
export async function chooseTab(page: Page, name: string): Promise<void> {
  await page.getByRole('tab', { name }).click()
  const editor = page.getByRole('region', { name: 'Operation Editor' })
  await expect.poll(() => textOf(editor), PATIENCE).toMatch(new RegExp(`\\w+ ${name}\\b`))
}

/**
 * Executes what the editor shows, until that has been done: the page may not be ready for the first click, or may still
 * have the name of another tab's operation. While an operation runs, its button stops it and has another name.
 */
export async function execute(page: Page, isDone: () => boolean | Promise<boolean>): Promise<void> {
  const button = page.getByRole('button', { name: /Execute query/ })
  await expect
    .poll(async () => {
      if (!(await isDone()) && (await button.isVisible())) await button.click()
      return isDone()
    }, PATIENCE)
    .toBe(true)
}

/** Executes what the editor shows, until the result has the text. */
export async function executeUntil(page: Page, text: RegExp): Promise<void> {
  await execute(page, async () => text.test(await resultOf(page)))
}

/** Replaces what the editor of headers has. */
export async function writeHeaders(page: Page, headers: Record<string, string>): Promise<void> {
  // The editor of variables is there, too, and hidden.
  const lines = page.getByRole('region', { name: 'Headers' }).locator('.view-lines:visible')
  const text = JSON.stringify(headers)
  await expect
    .poll(async () => {
      await lines.click()
      await page.keyboard.press('ControlOrMeta+A')
      await page.keyboard.insertText(text)
      // Brackets that the editor closed itself.
      await page.keyboard.press('Shift+ControlOrMeta+End')
      await page.keyboard.press('Delete')
      return textOf(lines)
    }, PATIENCE)
    .toBe(text)
}
