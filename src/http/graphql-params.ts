import type { IncomingMessage } from 'node:http'
import type { GraphQLParams } from 'graphql-yoga'
import { abridge, Fault } from '../fault.ts'
import type { JsonLimits } from './limits.ts'

/** The parameters of an operation as they came; a list or values of other types are refused later. */
export type RequestParams = GraphQLParams & { documentId?: unknown }

/** Reads the parameters of an operation from a body. */
type Parser = (body: Buffer, limits: JsonLimits) => RequestParams

const parsers: Readonly<Record<string, Parser>> = {
  'application/json': parseBody,
  'application/graphql+json': parseBody,
  'application/graphql': (body) => ({ query: body.toString() }),
  'application/x-www-form-urlencoded': (body, limits) => parseForm(body.toString(), limits),
}

/**
 * Reads the parameters of an operation from a request: from its URL for GET, else from its body. Throws
 * `UNSUPPORTED_MEDIA_TYPE`, `BODY_TOO_COMPLEX`, or `BAD_REQUEST` if it is no JSON. Yoga checks the types of the
 * parameters.
 */
export function parseGraphQLParams(
  request: IncomingMessage,
  body: Buffer | undefined,
  limits: JsonLimits,
): RequestParams {
  if (body === undefined) return parseForm(queryOf(request.url ?? ''), limits)
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') {
    throw new Fault(
      'UNSUPPORTED_MEDIA_TYPE',
      `Expected a body without Content-Encoding; got ${abridge(encoding)}`,
    )
  }
  const type = mediaTypeOf(request)
  const parse = Object.hasOwn(parsers, type) ? parsers[type] : undefined
  if (parse !== undefined) return parse(body, limits)
  throw new Fault(
    'UNSUPPORTED_MEDIA_TYPE',
    `Expected a body of one of the types ${Object.keys(parsers).join(', ')}; got ${type === '' ? 'none' : abridge(type)}`,
  )
}

/** Returns the name of the operation for the log, if one is given. */
export function operationNameIn({ operationName }: GraphQLParams): string | undefined {
  return typeof operationName === 'string' ? operationName.slice(0, 100) : undefined
}

/** The first of a list of types: a list is not allowed, but some clients send one. */
export function mediaTypeOf(request: IncomingMessage): string {
  const header = request.headers['content-type']
  if (header === 'application/json') return header
  return (/^[^;,]*/.exec(request.headers['content-type'] ?? '')?.[0] ?? '').trim().toLowerCase()
}

function queryOf(url: string): string {
  const mark = url.indexOf('?')
  return mark === -1 ? '' : url.slice(mark + 1)
}

/** More than there are parameters: to parse four million takes minutes. */
const MOST_FIELDS = 100

function parseForm(text: string, limits: JsonLimits): RequestParams {
  if (text.split('&', MOST_FIELDS + 1).length > MOST_FIELDS) {
    throw new Fault('BODY_TOO_COMPLEX', `Expected a form of at most ${MOST_FIELDS} fields`)
  }
  const fields = new URLSearchParams(text)
  const json = (name: string) => {
    const value = fields.get(name)
    return value ? parseJson(name, Buffer.from(value), limits) : undefined
  }
  const params: RequestParams = { variables: json('variables'), extensions: json('extensions') }
  const query = fields.get('query')
  const operationName = fields.get('operationName')
  const documentId = fields.get('documentId')
  if (query) params.query = query
  if (documentId) params.documentId = documentId
  if (operationName) params.operationName = operationName
  return params
}

const names: ReadonlySet<string> = new Set([
  'query',
  'documentId',
  'operationName',
  'variables',
  'extensions',
])

/** Yoga refuses a list. It would take an object with a member `then` for a promise. */
function parseBody(bytes: Buffer, limits: JsonLimits) {
  const params = parseJson('the body', bytes, limits)
  if (Array.isArray(params)) return params
  if (typeof params !== 'object' || params === null) {
    throw new Fault('BAD_REQUEST', 'Expected the body to be a JSON object; got another value')
  }
  const unknown = Object.keys(params).find((name) => !names.has(name))
  if (unknown === undefined) return params
  throw new Fault(
    'BAD_REQUEST',
    `Expected the parameters ${[...names].join(', ')}; got ${abridge(JSON.stringify(unknown))}`,
  )
}

function parseJson(what: string, bytes: Buffer, limits: JsonLimits) {
  requireJsonWithin(bytes, limits)
  try {
    // Some programs put a byte order mark before their JSON (RFC 8259, section 8.1).
    return JSON.parse(bytes.toString().replace(/^\uFEFF/, ''))
  } catch (cause) {
    throw new Fault('BAD_REQUEST', `Expected ${what} to be JSON; got ${describe(bytes)}`, { cause })
  }
}

function describe(bytes: Buffer): string {
  return bytes.length === 0
    ? 'nothing'
    : `something else, beginning with ${abridge(bytes.toString('utf8', 0, 400), 40)}`
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c]
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]

/**
 * Throws `BODY_TOO_COMPLEX` if a JSON text nests deeper or holds more values than the limits allow. Call it before the
 * text is parsed: 8 MB of brackets become 230 MB of lists. It counts what stands outside of strings, so it may also
 * refuse a text that is no JSON.
 */
export function requireJsonWithin(text: string | Uint8Array, limits: JsonLimits): void {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  let depth = 0
  let values = 1
  let inString = false
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (inString) {
      if (byte === BACKSLASH) at++
      else if (byte === QUOTE) inString = false
    } else if (byte === QUOTE) {
      inString = true
    } else if (byte === COMMA) {
      if (++values > limits.values) throw tooComplex(`at most ${limits.values} values`)
    } else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      if (++depth > limits.depth) throw tooComplex(`at most ${limits.depth} levels of nesting`)
      if (++values > limits.values) throw tooComplex(`at most ${limits.values} values`)
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
      depth--
    }
  }
}

function tooComplex(expected: string): Fault {
  return new Fault(
    'BODY_TOO_COMPLEX',
    `Expected JSON of ${expected}: send what you have in several requests`,
  )
}
