import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { abridge, Fault } from '../../fault.ts'
import { entriesOf } from '../header-list.ts'
import { sendInPieces } from '../send-buffer.ts'
import { renderDocument } from './page-document.ts'
import { type PageFile, readPageFiles } from './page-files.ts'

/** What the page consists of is below this path. */
export const webPath = '/web/'

/** A file in one encoding. */
interface Variant {
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string | number>>
}

/** A file in each encoding, best first. */
type Variants = readonly (Variant & { encoding: 'br' | 'gzip' | 'identity' })[]

/**
 * Serves the page: `/`, and its modules and style sheets below `/web/`, whose path contains their version, so that
 * browsers keep them for good. They are read, stripped of their types and compressed when the first browser asks. The
 * page holds no secret and needs no token. Throws `NOT_FOUND` for any other path.
 */
export function createPage(): (
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
) => Promise<void> {
  let building: Promise<ReadonlyMap<string, Variants>> | undefined
  return async (request, response, path) => {
    building ??= buildPage()
    const variants = (await building).get(path)
    if (variants === undefined) {
      throw new Fault('NOT_FOUND', `There is nothing at ${abridge(path)}: the page is at /`)
    }
    await send(request, response, variants)
  }
}

async function buildPage(): Promise<ReadonlyMap<string, Variants>> {
  const page = await readPageFiles()
  const base = `${webPath}${page.version}/`
  // Relative, so that a proxy may put the page below a path of its own.
  const { html, policy } = renderDocument(page, `.${base}`)
  const built = new Map<string, Variants>()
  built.set(
    '/',
    await encode(
      { type: 'text/html; charset=utf-8', text: html },
      {
        'Cache-Control': 'no-cache',
        'Content-Security-Policy': policy,
        'Referrer-Policy': 'no-referrer',
        'Cross-Origin-Opener-Policy': 'same-origin',
      },
    ),
  )
  const forGood = {
    'Cache-Control': 'public, max-age=31536000, immutable',
    'Cross-Origin-Resource-Policy': 'same-origin',
  }
  for (const [place, file] of page.files) built.set(base + place, await encode(file, forGood))
  return built
}

async function encode(
  { type, text }: PageFile,
  headers: Readonly<Record<string, string>>,
): Promise<Variants> {
  const identity = Buffer.from(text)
  // The last steps of quality take ten times as long for two percent.
  const quality = { [constants.BROTLI_PARAM_QUALITY]: 9 }
  const bodies = [
    ['br', await promisify(brotliCompress)(identity, { params: quality })],
    ['gzip', await promisify(gzip)(identity, { level: 9 })],
    ['identity', identity],
  ] as const
  return bodies.map(([encoding, body]) => ({
    encoding,
    body,
    headers: {
      ...headers,
      'Content-Type': type,
      'Content-Length': body.length,
      ...(encoding === 'identity' ? {} : { 'Content-Encoding': encoding }),
      ETag: `"${createHash('sha256').update(body).digest('base64url')}"`,
      Vary: 'Accept-Encoding',
    },
  }))
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  variants: Variants,
): Promise<void> {
  const accepted = String(request.headers['accept-encoding'] ?? '')
  const variant = variants.find(
    ({ encoding }) => encoding === 'identity' || accepts(accepted, encoding),
  )
  if (variant === undefined) return
  const { body, headers } = variant
  if (isKnown(request, String(headers.ETag))) {
    const { 'Content-Length': _, 'Content-Type': __, ...kept } = headers
    response.writeHead(304, kept).end()
    return
  }
  response.writeHead(200, headers)
  if (request.method === 'HEAD') response.end()
  else await sendInPieces(response, body)
}

/** Whether `Accept-Encoding` names the encoding, and not with the weight 0 (RFC 9110, 12.5.3). */
function accepts(header: string, encoding: string): boolean {
  return entriesOf(header).some((entry) => {
    const [name = '', weight = ''] = entry.split(';')
    return name.trim().toLowerCase() === encoding && !/q=0(\.0*)?\s*$/i.test(weight)
  })
}

/** Whether the browser has it already (RFC 9110, 13.1.2). */
function isKnown(request: IncomingMessage, etag: string): boolean {
  const known = request.headers['if-none-match'] ?? ''
  return entriesOf(known).some((entry) => [etag, '*'].includes(entry.trim().replace(/^W\//, '')))
}
