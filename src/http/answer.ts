import { hash } from 'node:crypto'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import {
  type ContentEncoding,
  compress,
  encodingFor,
  FEWEST_BYTES_TO_COMPRESS,
} from './content-encoding.ts'
import { entriesOf } from './header-list.ts'
import type { CacheableResponse, Validity } from './operations/response-cache.ts'

/** A whole response with a JSON body, which may be sent to several clients: it is compressed once for all. */
export class Answer implements CacheableResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly validity: Validity
  /** The name of the operation, for the log and the metrics. */
  readonly operationName: string | undefined
  /** `OK`, or the code of the first error. */
  readonly code: string
  readonly #compressed = new Map<ContentEncoding, Promise<Buffer>>()
  #etag: string | undefined

  constructor(
    body: string,
    options: {
      status?: number
      headers?: Readonly<Record<string, string>>
      validity?: Validity
      operationName?: string | undefined
      code?: string
    } = {},
  ) {
    this.body = Buffer.from(body)
    this.status = options.status ?? 200
    this.headers = options.headers ?? {}
    this.validity = options.validity ?? 'NEVER'
    this.operationName = options.operationName
    this.code = options.code ?? 'OK'
  }

  get text(): string {
    return this.body.toString()
  }

  /** 503 tells one client that it has to wait. */
  get isForAll(): boolean {
    return this.status !== 503
  }

  /** With room for what is compressed of it. */
  get size(): number {
    return Math.ceil(1.5 * this.body.length)
  }

  /** Names the content, however it is compressed. */
  get etag(): string {
    this.#etag ??= `W/"${hash('sha256', this.body, 'base64url').slice(0, 22)}"`
    return this.#etag
  }

  compressedBy(encoding: ContentEncoding): Promise<Buffer> {
    return this.#compressed.getOrInsertComputed(encoding, () => compress(encoding, this.body))
  }
}

/**
 * Sends an answer, compressed if the client accepts that and it is worth it. A client that asks by GET may keep an
 * answer that lasts, and ask whether it is still the same: then it is sent 304 without a body. Sends nothing if the
 * client, or the server, ended the response meanwhile.
 */
export async function sendAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
): Promise<void> {
  const { headers } = request
  const { status } = answer
  let { body } = answer
  const head: OutgoingHttpHeaders = { ...answer.headers }
  if (request.method === 'GET' && answer.validity !== 'NEVER') {
    head['Cache-Control'] = 'private, no-cache'
    head.ETag = answer.etag
    addVary(response)
  } else {
    head['Cache-Control'] = 'no-store'
  }
  if (head.ETag !== undefined && isNamed(headers['if-none-match'], answer.etag)) {
    response.writeHead(304, head).end()
    return
  }
  if (body.length >= FEWEST_BYTES_TO_COMPRESS) {
    if (head.ETag === undefined) addVary(response)
    const encoding = encodingFor(headers['accept-encoding'])
    if (encoding !== undefined) {
      body = await answer.compressedBy(encoding)
      if (response.headersSent || response.destroyed) return
      head['Content-Encoding'] = encoding
    }
  }
  head['Content-Length'] = body.length
  response.writeHead(status, head).end(body)
}

/** What is sent depends on these headers of the request, besides the origin. */
function addVary(response: ServerResponse): void {
  response.appendHeader('Vary', 'Accept, Accept-Encoding')
}

/** Returns whether the header If-None-Match names the tag, by weak comparison (RFC 9110, section 13.1.2). */
function isNamed(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  const opaque = (tag: string) => tag.trim().replace(/^W\//, '')
  return (
    ifNoneMatch.trim() === '*' || entriesOf(ifNoneMatch).some((tag) => opaque(tag) === opaque(etag))
  )
}
