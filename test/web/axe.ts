import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const require = createRequire(import.meta.url)

/** What axe-core finds wrong with a page, in words. */
export async function violationsOf(page: Page): Promise<string[]> {
  // Evaluated by the browser itself: the policy of the page refuses scripts.
  await page.evaluate(await readFile(require.resolve('axe-core/axe.min.js'), 'utf8'))
  return await page.evaluate(async () => {
    const axe = Reflect.get(window, 'axe')
    const { violations } = await axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    })
    return violations.flatMap(
      ({ id, help, nodes }: { id: string; help: string; nodes: { html: string }[] }) =>
        nodes.map(({ html }) => `${id}: ${help}: ${html}`),
    )
  })
}
