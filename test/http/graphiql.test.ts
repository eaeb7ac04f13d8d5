import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chooseTab, execute, executeUntil, resultOf, writeHeaders } from '../support/graphiql.ts'
import { bearer, openTestServer, type TestServer, tokens } from './test-server.ts'

const executablePath = '/usr/bin/chromium'
const found = existsSync(executablePath)
if (!found) console.warn(`GraphiQL is not tried in a browser: there is no ${executablePath}`)

describe.skipIf(!found)('GraphiQL in a browser with no internet', { timeout: 300_000 }, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch({
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
  })
  afterAll(() => browser.close())

  /** Opens the page; whatever it asks of others, or complains about, is kept. */
  async function openPage(server: TestServer) {
    const page = await browser.newPage()
    const foreign: string[] = []
    const complaints: string[] = []
    await page.route('**/*', (route) => {
      const { protocol, host } = new URL(route.request().url())
      if (protocol === 'http:' && host === `127.0.0.1:${server.port}`) return route.continue()
      foreign.push(route.request().url())
      return route.abort()
    })
    const sockets: string[] = []
    page.on('websocket', (socket) => sockets.push(socket.url()))
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    await page.goto(`${server.url}/graphql`)
    return { page, foreign, complaints, sockets }
  }

  test('shows the schema, answers the query, and shows events as they arrive', async () => {
    await using server = await openTestServer()
    const { page, foreign, complaints, sockets } = await openPage(server)

    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click()
    await page.getByRole('link', { name: 'Query', exact: true }).click()
    await page.getByRole('link', { name: 'plants', exact: true }).waitFor()

    await executeUntil(page, /Plant 1/)

    await chooseTab(page, 'Live')
    await execute(page, () => server.subscribers() === 1)
    for (const soc of [61.25, 62.25]) {
      server.emit(soc)
      await expect.poll(() => resultOf(page)).toContain(`"soc": ${soc}`)
    }
    expect(sockets).toEqual([`${server.url.replace('http', 'ws')}/graphql`])
    expect(foreign).toEqual([])
    expect(complaints).toEqual([])
    await page.close()
    await server.subscribed(0)
  })

  test('takes a token from its headers, for subscriptions too', async () => {
    await using server = await openTestServer({ PUBLIC_READ: 'false' })
    const { page, foreign, sockets } = await openPage(server)
    await expect.poll(() => resultOf(page)).toContain('UNAUTHENTICATED')
    await page.getByText('# Reading needs a token').first().waitFor()
    await chooseTab(page, 'Live')
    await writeHeaders(page, bearer(tokens.READ_TOKEN))
    await execute(page, () => server.subscribers() === 1)
    server.emit(63.25)
    await expect.poll(() => resultOf(page)).toContain('"soc": 63.25')
    expect([foreign, sockets]).toEqual([[], []])
    await page.close()
  })
})
