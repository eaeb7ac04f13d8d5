import type { IncomingMessage, ServerResponse } from 'node:http'
import { acceptedForms } from './answer-forms.ts'
import type { RoleOf } from './auth.ts'
import type { ByteBudget } from './byte-budget.ts'
import type { Caller } from './caller.ts'
import type { ConnectionLimit } from './connection-limit.ts'
import { parseGraphQLParams } from './graphql-params.ts'
import { jsonLimits } from './limits.ts'
import type { Admission } from './operations/admission.ts'
import type { Documents } from './operations/query-limits.ts'
import type { Endpoint, Seen } from './operations/yoga.ts'
import { createBodyReader } from './request-body.ts'
import type { Sender, Unsent } from './unsent-limit.ts'

/** Answers one GraphQL request over HTTP; a subscription as a stream of events until either side ends it. */
export type Exchange = (
  request: IncomingMessage,
  response: ServerResponse,
  seen: Seen,
) => Promise<void>

export interface ExchangeOptions {
  documents: Documents
  roleOf: RoleOf
  callerOf: (request: IncomingMessage) => Caller
  connectionLimit: ConnectionLimit
  bodies: ByteBudget
  admission: Admission
  unsent: Unsent
  /** Milliseconds; who takes nothing of an answer for twice as long is cut off, as silent WebSockets are. */
  keepAlive: number
}

/**
 * GraphQL over HTTP, in the order in which a request is refused before it costs anything: an unknown token
 * (`UNAUTHENTICATED`), a form of answer that there is not (`NOT_ACCEPTABLE`), a body that is too large
 * (`BODY_TOO_LARGE`, `BUSY`), of no type that is read (`UNSUPPORTED_MEDIA_TYPE`) or no fit JSON. What the operation
 * itself may be refused for is in documents.ts.
 */
export function createExchange(endpoint: Endpoint, options: ExchangeOptions): Exchange {
  const { documents, roleOf, callerOf, connectionLimit, admission, unsent } = options
  const patienceMs = 2 * options.keepAlive
  const readBody = createBodyReader(options.bodies)

  return async (request, response, seen) => {
    const role = roleOf(request.headers.authorization)
    const { address } = callerOf(request)
    const client = `${role} ${address}`
    const forms = acceptedForms(request.headers.accept)
    const proceed = () => response.writeContinue()
    using body =
      request.method === 'POST' ? await readBody(request, { client, role, proceed }) : undefined
    const params = parseGraphQLParams(request, body?.bytes, jsonLimits[role])
    using turn = admission.openTurn(client, () => response.destroyed)
    await turn.take(documents.readingCost(params.query))
    const answer = await endpoint.fetch(
      'http://localhost/graphql',
      {
        method: request.method ?? 'GET',
        headers: { accept: request.headers.accept ?? '*/*' },
      },
      { role, client, seen, forms, parsed: params, admit: turn.take },
    )
    if (response.headersSent) return letGo(answer.body) // Told meanwhile that the server stops.
    if (answer.headers.get('content-type')?.startsWith('text/event-stream')) {
      body?.[Symbol.dispose]()
      turn[Symbol.dispose]()
      delete params.variables // Yoga keeps the parameters for as long as it streams.
      return stream(answer, address, response)
    }
    writeHead(answer, response)
    const text = await answer.text()
    const length = Buffer.byteLength(text)
    response.setHeader('Content-Length', length)
    // ASCII, such as a chart, needs no encoding.
    response.end(text, length === text.length ? 'latin1' : 'utf8')
    holdUnsent(response, patienceMs, unsent)
  }

  async function stream(answer: Response, address: string, response: ServerResponse) {
    if (answer.body === null || response.destroyed) return letGo(answer.body) // The client left meanwhile.
    try {
      connectionLimit.enter(address)
      response.once('close', () => connectionLimit.leave(address))
    } catch (error) {
      await letGo(answer.body)
      throw error
    }
    writeHead(answer, response)
    response.setHeader('X-Accel-Buffering', 'no') // Or nginx keeps events until it has a page of them.
    response.setTimeout(patienceMs, () => {
      if (response.writableLength > 0) response.destroy()
    })
    const sender = senderOf(response)
    const reader = answer.body.getReader()
    response.once('close', () => {
      unsent.forget(sender)
      void reader.cancel().catch(() => {})
    })
    for (;;) {
      const { done, value } = await reader.read()
      if (done || response.destroyed) break
      if (response.write(value)) continue
      unsent.note(sender)
      await drained(response)
      unsent.forget(sender)
    }
    response.end()
  }
}

/** Whether an answer goes on until one side ends it. */
export function isStream(response: ServerResponse): boolean {
  return String(response.getHeader('content-type')).startsWith('text/event-stream')
}

function writeHead(answer: Response, response: ServerResponse): void {
  response.statusCode = answer.status
  response.setHeaders(new Map(answer.headers))
  if (!response.hasHeader('cache-control')) response.setHeader('Cache-Control', 'no-store')
}

/** Until the client has taken all of an answer, it counts as unsent, and may not stand still for long. */
function holdUnsent(response: ServerResponse, patienceMs: number, unsent: Unsent): void {
  if (response.writableLength === 0) return
  const sender = senderOf(response)
  response.setTimeout(patienceMs, sender.giveUp)
  response.once('close', () => unsent.forget(sender))
  unsent.note(sender)
}

function senderOf(response: ServerResponse): Sender {
  const { socket } = response.req
  return {
    get unsentBytes() {
      return response.writableLength
    },
    // An answer that waits behind another has no socket of its own yet.
    giveUp: () => socket.destroy(),
  }
}

/** Resolves when the client has taken what waits, or has left. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      response.off('drain', end).off('close', end)
      resolve()
    }
    if (response.destroyed) return resolve()
    response.on('drain', end).on('close', end)
  })
}

/** Yoga's stream lets go of its source only once it has begun. */
async function letGo(body: ReadableStream<Uint8Array> | null): Promise<void> {
  if (body === null) return
  for await (const _ of body) break
}
