import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { type Example, type GraphiQLTab, graphiqlTabs, withToken } from './graphiql-tabs.ts'
import { sendInPieces } from './send-buffer.ts'

const sun =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="32"><circle cx="16" cy="16" r="7" fill="#f5a623"/><g stroke="#f5a623" stroke-width="3" stroke-linecap="round"><path d="M16 2v3M16 27v3M2 16h3M27 16h3M6 6l2 2M24 24l2 2M6 26l2-2M24 8l2-2"/></g></svg>'

/**
 * GraphiQL leaves a shift on each tab but the last and hides it with `transform: none`, except on a focused tab: that
 * one jumps away from under the first click.
 */
const tabsStayInPlace = '<style>.graphiql-tab { transform: none !important }</style>'

interface Page {
  readonly html: Buffer
  readonly zipped: Buffer
  readonly headers: Readonly<Record<string, string>>
}

/** Whether a browser asks for a page, rather than a program for data. */
export function wantsPage(request: IncomingMessage): boolean {
  return request.method === 'GET' && request.headers.accept?.includes('text/html') === true
}

/**
 * Serves GraphiQL from this server alone: nine megabytes, loaded, rendered and compressed when the first browser of a
 * day asks. The page itself holds no secret and needs no token, so without `publicRead` it does not tell of a plant.
 */
export function createGraphiQL(options: {
  publicRead: boolean
  /** What the queries it opens with are about. */
  readExample: () => Promise<Example | undefined>
}): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { publicRead } = options
  let rendered: { day: string; page: Promise<Page> } | undefined
  const render = async (day: string): Promise<Page> => {
    const example = publicRead ? await options.readExample().catch(() => undefined) : undefined
    return await renderPage(graphiqlTabs(example ?? { plantId: 1, day }, publicRead), publicRead)
  }
  return async (request, response) => {
    const today = new Date().toISOString().slice(0, 10)
    if (rendered?.day !== today) rendered = { day: today, page: render(today) }
    const { html, zipped, headers } = await rendered.page
    if (request.headers['if-none-match'] === headers.ETag) {
      response.writeHead(304, headers).end()
      return
    }
    const isZipped = /\bgzip\b/.test(String(request.headers['accept-encoding']))
    const body = isZipped ? zipped : html
    response.writeHead(200, {
      ...headers,
      'Content-Length': body.length,
      ...(isZipped ? { 'Content-Encoding': 'gzip' } : {}),
    })
    await sendInPieces(response, body)
  }
}

async function renderPage(tabs: GraphiQLTab[], publicRead: boolean): Promise<Page> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql')
  // GraphiQL's WebSocket cannot carry the token of the headers tab; its event stream can.
  const subscriptionsProtocol = publicRead ? 'WS' : 'SSE'
  const html = Buffer.from(
    renderGraphiQL({
      title: 'Heliograph',
      logo: sun,
      favicon: `data:image/svg+xml,${encodeURIComponent(sun)}`,
      defaultTabs: tabs,
      ...(publicRead ? {} : { headers: withToken }),
      shouldPersistHeaders: false, // A token does not stay in the browser.
      subscriptionsProtocol,
    }).replace('</head>', `${tabsStayInPlace}</head>`),
  )
  return {
    html,
    zipped: await promisify(gzip)(html),
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-cache',
      ETag: `"${createHash('sha256').update(html).digest('base64url')}"`,
      Vary: 'Accept, Accept-Encoding',
      'Content-Security-Policy': policyOf(html.toString()),
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    },
  }
}

/** Lets the page run its own script and talk to this server, and nothing else. */
function policyOf(html: string): string {
  const script = html.slice(html.indexOf('<script>') + 8, html.lastIndexOf('</script>'))
  const hash = createHash('sha256').update(script).digest('base64')
  return [
    "default-src 'none'",
    `script-src 'sha256-${hash}' blob:`,
    'worker-src blob:',
    "style-src 'unsafe-inline'",
    'img-src data:',
    'font-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
