import { existsSync } from 'node:fs'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const executablePath = '/usr/bin/chromium'
export const hasChromium = existsSync(executablePath)
if (!hasChromium) console.warn(`The page is not tried in a browser: there is no ${executablePath}`)

/** A Chromium that calls nobody by itself. */
export function openChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

/** A tab, what it asked of other hosts, and what it complained about. */
export interface Tab extends AsyncDisposable {
  readonly page: Page
  readonly foreign: readonly string[]
  readonly complaints: readonly string[]
}

/** Opens the page in a tab with a session of its own, as a browser far from the plant would. */
export async function openTab(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Tab> {
  const context = await browser.newContext({
    locale: 'en-GB',
    timezoneId: 'America/New_York',
    viewport: { width: 1280, height: 860 },
    ...options,
  })
  const page = await context.newPage()
  const foreign: string[] = []
  const complaints: string[] = []
  const { host } = new URL(url)
  page.on('request', (request) => {
    const asked = new URL(request.url())
    if (!['data:', 'blob:'].includes(asked.protocol) && asked.host !== host)
      foreign.push(request.url())
  })
  page.on('websocket', (socket) => {
    if (new URL(socket.url()).host !== host) foreign.push(socket.url())
  })
  page.on('pageerror', (error) => complaints.push(String(error.stack)))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  await page.goto(url)
  return { page, foreign, complaints, [Symbol.asyncDispose]: () => context.close() }
}

/** The machine-readable values of the figures below a selector, by their name. */
export async function figuresOf(page: Page, selector: string): Promise<Record<string, string>> {
  return await page
    .locator(`${selector} .figure`)
    .evaluateAll((figures) =>
      Object.fromEntries(
        figures.map((figure) => [
          figure.querySelector('dt')?.textContent ?? '',
          figure.querySelector('data')?.getAttribute('value') ?? 'none',
        ]),
      ),
    )
}
