import { type Client, createClient, type FormattedExecutionResult } from 'graphql-ws'
import type { TypedDocumentString } from './generated/graphql.ts'

/**
 * - `connecting`: there is no connection yet, or it was lost; it is tried again until it is there;
 * - `open`: the server takes operations;
 * - `refused`: the server knows no such token, or wants one. A new token tries again.
 */
export type ConnectionState = 'connecting' | 'open' | 'refused'

/** What the server said is wrong with an operation, with its code, and the path in its variables, if that is at fault. */
export class ApiError extends Error {
  readonly code: string
  readonly path: readonly unknown[]
  constructor(message: string, code: string, path: readonly unknown[] = []) {
    super(message)
    this.code = code
    this.path = path
  }
}

const TOKEN_KEY = 'heliograph-token'
/** Milliseconds between two pings, and how long a connection may leave one unanswered. */
const PING_EVERY = 10_000
const PONG_WITHIN = 5000
const LONGEST_WAIT = 5000
const TOKEN_REFUSED = 4403

/**
 * The server's API on one WebSocket, for queries as well, so that all of the page is connected or none. What was asked
 * while there is no connection is asked again when there is one. Emits `change` if its state changes, and `open` for
 * each new connection.
 */
export class Api extends EventTarget {
  #state: ConnectionState = 'connecting'
  #client: Client
  #wake = Promise.withResolvers<void>()

  constructor() {
    super()
    this.#client = this.#connect()
  }

  get state(): ConnectionState {
    return this.#state
  }

  get token(): string | null {
    return sessionStorage.getItem(TOKEN_KEY)
  }

  /** Keeps the token until the tab is closed, and connects with it. */
  set token(token: string | null) {
    if (token === null) sessionStorage.removeItem(TOKEN_KEY)
    else sessionStorage.setItem(TOKEN_KEY, token)
    const before = this.#client
    this.#client = this.#connect()
    this.#enter('connecting')
    void before.dispose()
    this.dispatchEvent(new Event('token'))
  }

  /**
   * Returns the data of a query or a mutation, as soon as there is a connection. Throws `ApiError` if there is an
   * error, and what the signal says if it aborts.
   */
  ask<Result, Variables extends Record<string, unknown>>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables,
    signal?: AbortSignal,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      const stop = this.#client.subscribe<Result, Record<string, unknown>>(
        { query: document.toString(), variables },
        {
          next: (result) => settle(result, resolve, reject),
          error: (reason) => reject(errorOf(reason)),
          complete: () => reject(errorOf(undefined)),
        },
      )
      signal?.addEventListener('abort', () => {
        stop()
        reject(signal.reason)
      })
    })
  }

  /** Calls back for each result, across lost connections, until the returned function is called. */
  follow<Result, Variables extends Record<string, unknown>>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables,
    onResult: (result: Result) => void,
  ): () => void {
    let stop = () => {}
    /** Which subscription is the current one; one that ended says so late. */
    let current = 0
    const begin = () => {
      const mine = ++current
      const beginLater = () =>
        setTimeout(() => {
          if (mine === current && this.#state !== 'refused') begin()
        }, LONGEST_WAIT)
      stop = this.#client.subscribe<Result, Record<string, unknown>>(
        { query: document.toString(), variables },
        {
          next: (result) => settle(result, onResult, () => {}),
          error: beginLater,
          complete: beginLater,
        },
      )
    }
    const beginAnew = () => {
      stop()
      begin()
    }
    this.addEventListener('token', beginAnew)
    begin()
    return () => {
      current = 0
      this.removeEventListener('token', beginAnew)
      stop()
    }
  }

  /** Makes a new connection now: the old one may be dead, as after sleep or on another network. */
  reconnect(): void {
    if (this.#state === 'refused') return
    this.#enter('connecting')
    this.#client.terminate()
    this.#wake.resolve()
  }

  /** It stays open as long as the page does, and is tried again, at first soon and then every five seconds. */
  #connect(): Client {
    let pong: ReturnType<typeof setTimeout> | undefined
    const url = new URL('graphql', location.href)
    url.protocol = url.protocol.replace('http', 'ws')
    const client = createClient({
      url: url.href,
      lazy: false,
      onNonLazyError: () => {},
      connectionParams: () =>
        this.token === null ? {} : { authorization: `Bearer ${this.token}` },
      keepAlive: PING_EVERY,
      connectionAckWaitTimeout: PONG_WITHIN,
      retryAttempts: Number.POSITIVE_INFINITY,
      shouldRetry: (reason) => closeCodeOf(reason) !== TOKEN_REFUSED,
      retryWait: async (retries) => {
        this.#wake = Promise.withResolvers()
        const most = Math.min(250 * 2 ** retries, LONGEST_WAIT)
        const wait = most * (0.5 + Math.random() / 2)
        await Promise.race([
          this.#wake.promise,
          new Promise((resolve) => setTimeout(resolve, wait)),
        ])
      },
      on: {
        connected: () => {
          if (client !== this.#client) return
          this.#enter('open')
          this.dispatchEvent(new Event('open'))
        },
        ping: (received) => {
          if (received) return
          pong = setTimeout(() => {
            client.terminate()
            if (client === this.#client) this.#enter('connecting')
          }, PONG_WITHIN)
        },
        pong: (received) => {
          if (received) clearTimeout(pong)
        },
        closed: (reason) => {
          clearTimeout(pong)
          if (client !== this.#client) return
          const isRefused = closeCodeOf(reason) === TOKEN_REFUSED
          this.#enter(isRefused ? 'refused' : 'connecting')
        },
      },
    })
    return client
  }

  #enter(state: ConnectionState): void {
    if (state === this.#state) return
    this.#state = state
    this.dispatchEvent(new Event('change'))
  }
}

function settle<Result>(
  { data, errors }: FormattedExecutionResult<Result>,
  resolve: (data: Result) => void,
  reject: (error: Error) => void,
): void {
  if (errors !== undefined) reject(errorOf(errors))
  else if (data !== undefined && data !== null) resolve(data)
}

/** graphql-ws gives a list of GraphQL errors, the event that closed the socket, or an error of its own. */
function errorOf(reason: unknown): Error {
  if (reason instanceof Error) return reason
  const [first] = Array.isArray(reason) ? reason : []
  if (first === undefined) return new ApiError('The connection was closed', 'CONNECTION_CLOSED')
  const { code = 'UNKNOWN', path } = first.extensions ?? {}
  return new ApiError(String(first.message), String(code), Array.isArray(path) ? path : [])
}

function closeCodeOf(reason: unknown): number | undefined {
  return reason instanceof CloseEvent ? reason.code : undefined
}
