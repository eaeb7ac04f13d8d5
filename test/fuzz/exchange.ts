import type { Agent } from 'node:http'
import type { GraphQLSchema } from 'graphql'
import type { Operation } from './operations.ts'
import type { Random } from './random.ts'

/** Who sends: without a token, with the token of a role, or with what is no token of the server. */
export const callers = ['nobody', 'read', 'ingest', 'admin', 'stranger'] as const

export type Caller = (typeof callers)[number]

/** What one operation of the fuzzer is made with. */
export interface Call {
  /** Operations are counted from 0; with the seed it says all that is drawn. */
  readonly number: number
  readonly random: Random
  readonly schema: GraphQLSchema
  /** Such as `http://127.0.0.1:4000`. */
  readonly url: string
  /** Of the callers that can be played. */
  readonly tokens: Readonly<Partial<Record<Caller, string>>>
  readonly agent: Agent
  /** Aborted when the operation has taken too long. */
  readonly signal: AbortSignal
}

/** What was sent and what came back: all that a verdict needs. */
export interface Exchange {
  /** For a report, such as `POST application/json`. */
  readonly what: string
  readonly caller: Caller
  /** Which mutations may have been carried out, and must not where the caller or the way does not allow it. */
  readonly operations: readonly Operation[]
  /** Over this way nobody may mutate. */
  readonly readOnly?: boolean
  /** Texts that no message may repeat at length. */
  readonly sent: readonly string[]
  readonly answers: readonly Answer[]
}

export type Answer = HttpAnswer | MessageAnswer | CloseAnswer | CutAnswer

export interface HttpAnswer {
  readonly kind: 'http'
  readonly method: string
  readonly status: number
  /** In lower case. */
  readonly type: string
  /** What had come when it was let go of, of a stream. */
  readonly body: string
}

/** A message of a WebSocket. */
export interface MessageAnswer {
  readonly kind: 'message'
  readonly text: string
}

/** The server has closed a WebSocket; 1006: without saying so. */
export interface CloseAnswer {
  readonly kind: 'close'
  readonly code: number
  readonly reason: string
}

/** The connection ended where an answer was due. */
export interface CutAnswer {
  readonly kind: 'cut'
  readonly reason: string
}

/** A caller whose token is known. */
export function drawCaller({ random, tokens }: Call): Caller {
  const caller = random.weighted({ nobody: 25, read: 25, ingest: 15, admin: 25, stranger: 10 })
  return caller === 'nobody' || caller === 'stranger' || caller in tokens ? caller : 'nobody'
}

/** The value of the `Authorization` header; undefined where none is sent. */
export function authorizationOf({ random, tokens }: Call, caller: Caller): string | undefined {
  if (caller === 'nobody') return undefined
  if (caller !== 'stranger') return `Bearer ${tokens[caller]}`
  const near = tokens.admin ?? 'nobody-has-such-a-token'
  return random.pick([
    ...['Bearer nobody-has-such-a-token', 'Basic YWRtaW46YWRtaW4=', 'Bearer', 'Bearer  ', 'null'],
    ...[`Bearer ${near.slice(0, -1)}`, `Bearer ${near}x`, `Bearer ${near} ${near}`, near],
    `Bearer ${'x'.repeat(random.size(8000))}`,
  ])
}
