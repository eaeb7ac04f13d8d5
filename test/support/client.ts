import { createClient } from 'graphql-ws'
import type { TypedDocumentString } from '../generated/graphql.ts'

/** An error as a client of the API sees it. */
export interface ToldError {
  message: string
  path?: (string | number)[]
  extensions: { code: string; path?: (string | number)[] }
}

/** Results as they arrive; the next one waits until there is one. */
export interface Subscription<Result> extends AsyncDisposable {
  next(): Promise<Result>
  /** The first that fits; what comes before is skipped. */
  nextWhere(fits: (result: Result) => boolean): Promise<Result>
}

/** A caller of a running server, over real sockets. */
export interface Client {
  /** Returns the data; throws if there is an error, see `codesOf`. */
  ask<Result, Variables>(
    document: TypedDocumentString<Result, Variables>,
    variables?: Variables,
  ): Promise<Result>
  /** Returns the errors, of which there must be at least one. */
  fail<Result, Variables>(
    document: TypedDocumentString<Result, Variables>,
    variables?: Variables,
  ): Promise<ToldError[]>
  /** Subscribes over a WebSocket of its own. */
  subscribe<Result, Variables>(
    document: TypedDocumentString<Result, Variables>,
    variables?: Variables,
  ): Subscription<Result>
  /** Subscribes over server-sent events. */
  subscribeToEvents<Result, Variables>(
    document: TypedDocumentString<Result, Variables>,
    variables?: Variables,
  ): Subscription<Result>
}

interface Answer {
  data?: unknown
  errors?: ToldError[]
}

export function createApiClient(url: string, token?: string): Client {
  const endpoint = `${url}/graphql`
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }

  const post = (document: unknown, variables: unknown, init: { accept: string } & RequestInit) =>
    fetch(endpoint, {
      ...init,
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: init.accept, ...authorization },
      body: JSON.stringify({ query: String(document), variables }),
    })
  const send = async (document: unknown, variables: unknown): Promise<Answer> => {
    const response = await post(document, variables, { accept: 'application/json' })
    return JSON.parse(await response.text())
  }

  return {
    ask: async <Result, Variables>(
      document: TypedDocumentString<Result, Variables>,
      variables?: Variables,
    ) => dataOf<Result>(await send(document, variables)),
    fail: async (document, variables) => {
      const { data, errors } = await send(document, variables)
      if (errors === undefined) throw new Error(`Expected an error, got ${JSON.stringify(data)}`)
      return errors
    },
    subscribe: <Result, Variables>(
      document: TypedDocumentString<Result, Variables>,
      variables?: Variables,
    ) => {
      const client = createClient({
        url: endpoint.replace('http', 'ws'),
        retryAttempts: 0,
        connectionParams: authorization,
      })
      const answers = client.iterate({
        query: String(document),
        variables: { ...variables },
      }) as AsyncIterableIterator<Answer>
      return subscriptionOf<Result>(answers, () => client.dispose())
    },
    subscribeToEvents: <Result, Variables>(
      document: TypedDocumentString<Result, Variables>,
      variables?: Variables,
    ) => {
      const leaving = new AbortController()
      const response = post(document, variables, {
        accept: 'text/event-stream',
        signal: leaving.signal,
      })
      return subscriptionOf<Result>(eventsOf(response), () => leaving.abort())
    },
  }
}

function dataOf<Result>({ data, errors }: Answer): Result {
  if (errors !== undefined) throw new Error(JSON.stringify(errors), { cause: errors })
  return data as Result
}

/** The codes of the errors in a response; undefined if there was no response. */
export function codesOf(error: unknown): string[] | undefined {
  if (!(error instanceof Error) || !Array.isArray(error.cause)) return undefined
  const told: ToldError[] = error.cause
  return told.map(({ extensions }) => extensions.code)
}

function subscriptionOf<Result>(
  answers: AsyncIterator<Answer>,
  leave: () => unknown,
): Subscription<Result> {
  const next = async () => {
    const { value, done } = await answers.next().catch((error: unknown) => {
      // graphql-ws throws the list of errors of an operation, or the event that closed its socket.
      throw error instanceof Error ? error : new Error(JSON.stringify(error), { cause: error })
    })
    if (done) throw new Error('The subscription ended')
    return dataOf<Result>(value)
  }
  return {
    next,
    nextWhere: async (fits) => {
      for (;;) {
        const result = await next()
        if (fits(result)) return result
      }
    },
    [Symbol.asyncDispose]: async () => {
      await leave()
    },
  }
}

/** The results in a stream of server-sent events. */
async function* eventsOf(response: Promise<Response>): AsyncGenerator<Answer> {
  let text = ''
  for await (const chunk of (await response).body ?? []) {
    text += Buffer.from(chunk).toString()
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const data = /^event: next\ndata: (.*)$/m.exec(block)?.[1]
      if (data !== undefined) yield JSON.parse(data)
    }
  }
}
