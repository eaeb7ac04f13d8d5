import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { chromium } from 'playwright-core'
import { expect, test } from 'vitest'
import { chooseTab, execute, executeUntil, resultOf } from '../support/graphiql.ts'
import { openServer } from '../support/server.ts'

const executablePath = '/usr/bin/chromium'
const found = existsSync(executablePath)
const skipped = found ? '' : `: skipped, there is no ${executablePath}`
if (!found) console.warn(`GraphiQL is not tried in a browser${skipped}`)

const SIZE = { width: 1280, height: 800 }
/** The picture of the README; written again by SCREENSHOT=1. */
const screenshot = resolve(import.meta.dirname, '../../docs/graphiql.png')

test.skipIf(!found)(
  `GraphiQL in a browser with no internet answers the query and shows readings arriving${skipped}`,
  { timeout: 300_000 },
  async () => {
    // Where it is past noon now, so that there is sun to see.
    const west = new Date().getUTCHours() - 13
    await using server = await openServer({ TZ: `Etc/GMT${west < 0 ? west : `+${west}`}` })
    await using browser = await chromium.launch({
      executablePath,
      args: [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
      ].concat(['--disable-background-networking', '--disable-component-update', '--disable-sync']),
    })
    await using page = await browser.newPage({ viewport: SIZE })
    const foreign: string[] = []
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    await page.route('**/*', (route) => {
      const url = route.request().url()
      if (url.startsWith(`${server.url}/`)) return route.continue()
      foreign.push(url)
      return route.abort()
    })
    await page.goto(`${server.url}/graphql`)
    const newest = async () => /"timestamp": "([^"]+)"/.exec(await resultOf(page))?.[1]

    await executeUntil(page, /"timestamp": "20/)
    expect(await resultOf(page)).toContain('"plantId": 900001')

    await chooseTab(page, 'Live')
    const seen = new Set<string>()
    await execute(page, async () => {
      const text = await newest()
      if (text !== undefined) seen.add(text)
      return seen.size >= 3
    })
    if (process.env.SCREENSHOT === '1') {
      await mkdir(dirname(screenshot), { recursive: true })
      await page.screenshot({ path: screenshot })
    }
    for (const [tab, found] of [
      ['Chart', /"pvPower"/],
      ['Energy', /"coverage"/],
    ] as const) {
      await chooseTab(page, tab)
      expect(await resultOf(page)).not.toMatch(found)
      await executeUntil(page, found)
    }
    await page.getByRole('tab', { name: 'Record' }).waitFor()
    expect(foreign).toEqual([])
    expect(complaints).toEqual([])
  },
)
