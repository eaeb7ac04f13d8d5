import type { Role } from '../graphql/role.ts'

/** How large a JSON text may become in memory, which its length alone does not say. */
export interface JsonLimits {
  /** Lists and objects within one another. */
  readonly depth: number
  /** Lists, objects and the values in them. */
  readonly values: number
}

/** Bytes of a request's body, or of a WebSocket message: 10,000 readings with every field take 3 MiB. */
export const maxBodyBytes: Readonly<Record<Role, number>> = {
  read: 256 * 1024,
  ingest: 8 * 1024 * 1024,
  admin: 8 * 1024 * 1024,
}

/** Bytes of the bodies of all requests together. */
export const maxBytesUnderWay = 64 * 1024 * 1024

/** Requests of a connection that wait for their responses. Benchmarks that pipeline send 10; browsers send one. */
export const maxPipelined = 16

/** Bytes a second that are read of all bodies that nobody wants, and dropped. */
export const maxDroppedBytesPerSecond = 32 * 1024 * 1024

/** Of the JSON that a role sends: 10,000 readings with every field have 180,000 values. */
export const jsonLimits: Readonly<Record<Role, JsonLimits>> = {
  read: { depth: 32, values: 10_000 },
  ingest: { depth: 32, values: 250_000 },
  admin: { depth: 32, values: 250_000 },
}

/** Bytes that a WebSocket may send before it is known who sends them. */
export const maxInitBytes = 8 * 1024

/** Of the JSON in them. */
export const initJsonLimits: JsonLimits = { depth: 32, values: 200 }

/** Bytes that all WebSockets together may hold of messages that are not complete. */
export const maxUnfinishedBytes = 64 * 1024 * 1024

/** Characters of an operation's id on a WebSocket, which is kept while the operation lasts. */
export const maxIdCharacters = 1000

/** Characters of a subscription's text and its variables as JSON, which are kept while it lasts. */
export const maxSubscriptionCharacters = 16 * 1024

/** Bytes that are kept of the requests of all subscriptions. Equal ones are kept once. */
export const maxRetainedBytes = 128 * 1024 * 1024

/**
 * Bytes that may wait for the client of a WebSocket: two of the largest responses (websocket-connection.ts). A client
 * that reads too slowly also meets `maxUnsentBytesTogether` (unsent-limit.ts), a time for each write (send-buffer.ts,
 * event-stream.ts), and `SLOW_CLIENT_TIMEOUT` in the feed of all readings (telemetry/feed/reading-feed.ts).
 */
export const maxUnsentBytes = 16 * 1024 * 1024

/** Bytes that may wait for all clients together. */
export const maxUnsentBytesTogether = 128 * 1024 * 1024
