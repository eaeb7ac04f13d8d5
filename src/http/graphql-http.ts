import type { IncomingMessage, ServerResponse } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import type { GraphQLSchema } from 'graphql'
import { Fault } from '../fault.ts'
import type { Role } from '../graphql/role.ts'
import type { OpenSpan, Tracer } from '../tracing/tracer.ts'
import { type Accepted, acceptedBy } from './accept.ts'
import { type Answer, sendAnswer } from './answer.ts'
import type { RoleOf } from './auth.ts'
import type { ConnectionLimit } from './connection-limit.ts'
import type { MaskError } from './errors.ts'
import { EventStream } from './event-stream.ts'
import { mediaTypeOf, parseGraphQLParams } from './graphql-params.ts'
import { jsonLimits } from './limits.ts'
import type { RequestTally } from './metrics/request-tally.ts'
import type { Admission, Turn } from './operations/admission.ts'
import { createAnswerByYoga } from './operations/answer-by-yoga.ts'
import { createAnswerDirectly } from './operations/answer-directly.ts'
import type { RequestLog } from './operations/operation-context.ts'
import type { CompleteParams } from './operations/persisted-operations.ts'
import type { QueryLimits } from './operations/query-limits.ts'
import type { ResponseCache } from './operations/response-cache.ts'
import { createTraceOperation, describeOutcome } from './operations/traced-operation.ts'
import type { GraphqlYoga } from './operations/yoga.ts'
import type { Caller } from './origin.ts'
import { type ByteBudget, createBodyReader } from './request-body.ts'
import type { UnsentLimit } from './unsent-limit.ts'

/** Responds to one GraphQL request over HTTP; to a subscription with a stream of events until either side ends it. */
export type GraphqlHttp = (
  request: IncomingMessage,
  response: ServerResponse,
  requestLog: RequestLog,
) => Promise<void>

export interface GraphqlHttpOptions {
  schema: GraphQLSchema
  queryLimits: QueryLimits
  responses: ResponseCache<Answer | EventStream>
  roleOf: RoleOf
  callerOf: (request: IncomingMessage) => Caller
  connectionLimit: ConnectionLimit
  bodies: ByteBudget
  admission: Admission
  unsentLimit: UnsentLimit
  tally: RequestTally
  tracer?: Tracer | undefined
  maskError: MaskError
  completeParams: CompleteParams
  /** Milliseconds. A client that takes nothing of a stream of events for so long is cut off. */
  timeoutMs: number
  /** Has Yoga respond to every request, to compare. */
  byYogaAlone?: boolean | undefined
}

/** A request whose body was read. */
interface Asked {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly role: Role
  readonly client: string
  readonly accepted: Accepted
  /** undefined also once a stream of events is open: its functions keep what was asked. */
  body: Buffer | undefined
  readonly span: OpenSpan | undefined
}

/**
 * GraphQL over HTTP. What happens to a request, in this order, and the code if it is refused:
 * 1. its token says its role (auth.ts): `UNAUTHENTICATED`;
 * 2. the form of the response is chosen (accept.ts): `NOT_ACCEPTABLE`; `TOO_MANY_CONNECTIONS` if it can only be a stream
 *    of events, and the client has too many;
 * 3. its body is read (request-body.ts): `BODY_TOO_LARGE`, `BAD_REQUEST` if it comes in tiny chunks, or `BUSY` if all
 *    bodies together are too large;
 * 4. if the same bytes were sent before and nothing was committed since, the same answer is sent again
 *    (operations/response-cache.ts);
 * 5. its parameters are parsed (graphql-params.ts): `UNSUPPORTED_MEDIA_TYPE`, `BODY_TOO_COMPLEX`, `BAD_REQUEST`; and if
 *    it names a document in place of its text (operations/persisted-operations.ts): `PERSISTED_QUERY_NOT_FOUND`,
 *    `DOCUMENT_NOT_TRUSTED`;
 * 6. it takes its turn (operations/admission.ts): `BUSY`;
 * 7. the operation is parsed, validated, held to the limits (operations/query-limits.ts) and executed: a query or a
 *    mutation whose result is one JSON directly (operations/answer-directly.ts), and whatever else there is by Yoga;
 * 8. the answer is sent, compressed if the client accepts that (answer.ts).
 */
export function createGraphqlHttp(yoga: GraphqlYoga, options: GraphqlHttpOptions): GraphqlHttp {
  const {
    queryLimits,
    responses,
    completeParams,
    roleOf,
    callerOf,
    connectionLimit,
    admission,
    tally,
    byYogaAlone,
  } = options
  const readBody = createBodyReader(options.bodies)
  const answerDirectly = createAnswerDirectly(yoga, options)
  const answerByYoga = createAnswerByYoga(yoga)
  const traceOperation = createTraceOperation(options.tracer)

  async function respond(asked: Asked, turn: Turn): Promise<Answer | EventStream> {
    const { request, response, role, client, accepted, body, span } = asked
    const method = request.method ?? 'GET'
    if (body !== undefined && body.length > LIGHT_BODY) await turn.take(costOfBody(body.length))
    const params = completeParams(parseGraphQLParams(request, body, jsonLimits[role]), role)
    await turn.take(queryLimits.parsingCost(params.query))
    const context = { role, client, acceptsEvents: accepted.events, admit: turn.take, span }
    let answer: Answer | EventStream | undefined = byYogaAlone
      ? undefined
      : await answerDirectly(params, { method, type: accepted.json, context })
    if (answer === undefined) {
      // Then Node has seen the clients that left at once, for whom beginning a subscription would be in vain.
      await setImmediate()
      if (response.destroyed) throw connectionLost()
      answer = await answerByYoga(params, { method, accept: request.headers.accept, context })
    }
    // Others who ask the same are given what was executed, but not a refusal because this client is gone.
    const isRefusal = answer.validity === 'NEVER' && !(answer instanceof EventStream)
    if (response.destroyed && isRefusal) throw connectionLost()
    return answer
  }

  /** Sends the answer; a stream of events is returned instead, so that it keeps nothing of what was asked. */
  async function handle(
    request: IncomingMessage,
    response: ServerResponse,
    requestLog: RequestLog,
    span: OpenSpan | undefined,
  ): Promise<EventStream | undefined> {
    const start = performance.now()
    const role = roleOf(request.headers.authorization)
    const { address } = callerOf(request)
    const client = `${role} ${address}`
    const accepted = acceptedBy(request.headers.accept)
    // Nothing else can be sent, so that nothing is executed for one too many.
    if (accepted.json === undefined) connectionLimit.enterUntilClosed(address, response)
    const proceed = () => response.writeContinue()
    using body =
      request.method === 'POST' ? await readBody(request, { client, role, proceed }) : undefined
    using turn = admission.openTurn(client, () => response.destroyed)
    const asked: Asked = { request, response, role, client, accepted, body: body?.bytes, span }
    let isReused = true
    const run = () => {
      isReused = false
      return respond(asked, turn)
    }
    const key = cacheKeyOf(asked)
    const answer = await (key === undefined ? run() : responses.respond(key, run))
    const { operationName } = answer
    const code = answer instanceof EventStream ? 'OK' : answer.code
    const seconds = (performance.now() - start) / 1000
    tally.count({ operation: operationName, code, seconds })
    if (isReused) {
      tally.reused++
      admission.noteLight()
    }
    if (span)
      describeOutcome(span, { code, reusedFor: isReused ? { name: operationName } : undefined })
    if (answer instanceof EventStream) {
      asked.body = undefined
      return answer
    }
    if (response.headersSent) return undefined // The client was sent meanwhile that the server stops.
    if (operationName !== undefined) requestLog.operation = operationName
    await sendAnswer(request, response, answer)
    return undefined
  }

  return async (request, response, requestLog) => {
    const events = await traceOperation(request.headers, (span) =>
      handle(request, response, requestLog, span),
    )
    // What a subscription sends is no part of the operation, nor does it hold its turn and its body.
    const { address } = callerOf(request)
    await events?.send(response, { ...options, address })
  }
}

/** Bytes; a larger body waits for its turn to be parsed. */
const LIGHT_BODY = 64 * 1024

/**
 * Returns more units than parsing a body takes, so that two of 256 KiB begin at once: 20 are a tenth of a second. No
 * more for larger ones, or the rest after them would delay those who record readings.
 */
function costOfBody(bytes: number): number {
  return Math.min(50_000, bytes / 5)
}

/** Longer requests are not looked up: as long as a document may be (bytes). */
const LONGEST_KEY = 100_000

/**
 * Returns the same text for requests that are sent the same answer, if the data is the same: the bytes of the request,
 * the role and the form of the response. undefined if the request is of a form that is not looked up.
 */
function cacheKeyOf({ request, role, accepted, body }: Asked): string | undefined {
  if (accepted.json === undefined) return undefined
  if (body === undefined) return `GET ${role} ${accepted.json} ${request.url}`
  if (body.length > LONGEST_KEY || request.headers['content-encoding'] !== undefined)
    return undefined
  if (mediaTypeOf(request) !== 'application/json') return undefined
  return `POST ${role} ${accepted.json} ${body.toString('latin1')}`
}

function connectionLost(): Fault {
  return new Fault('BAD_USER_INPUT', 'The connection was lost before the response was complete')
}
