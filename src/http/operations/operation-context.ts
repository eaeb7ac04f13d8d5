import type { GraphQLParams } from 'graphql-yoga'
import type { Role } from '../../graphql/role.ts'
import type { OpenSpan } from '../../tracing/tracer.ts'

/** What the server knows of an operation before it is parsed. */
export interface OperationContext extends Record<string, unknown> {
  role: Role
  /** Who asks, for a fair share: role and address. */
  client: string
  /** Whether the client accepts server-sent events. undefined over WebSocket, which has one form of response. */
  acceptsEvents?: boolean
  /** The parameters, if they were read from the request already. */
  parsed?: GraphQLParams
  params?: {
    readonly operationName?: string | null | undefined
    readonly variables?: Record<string, unknown> | null | undefined
  }
  /** Waits until an operation of this cost may begin. */
  admit?: (cost: number) => Promise<void>
  /** Called for a subscription over server-sent events. */
  onSubscribe?: (subscription: BegunSubscription) => void
  /** Of the operation, once it has been validated. */
  cost?: number
  /** Told what operation it is, once that is known. undefined: it is not traced. */
  span?: OpenSpan | undefined
}

/** Builds what resolvers get. */
export type ContextOf<Context extends object> = (request: {
  role: Role
  /** Whether the operation may be told of data that is somewhat old: a query, but no event of a subscription. */
  mayBeOld: boolean
}) => Context

/** What the log says of a request, filled in as it becomes known. */
export interface RequestLog {
  operation?: string
}

/** A subscription over server-sent events. */
export interface BegunSubscription {
  /** Resolves when it has begun, or cannot. */
  readonly begun: Promise<void>
  /** Lets go of its source at once. May be called more than once. */
  close(): void
}
