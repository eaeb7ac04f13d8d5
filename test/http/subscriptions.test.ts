import { createClient } from 'graphql-ws'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { maxBodyBytes } from '../../src/http/limits.ts'
import { bearer, openTestServer, tokens } from './test-server.ts'

const server = await openTestServer()
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => {
  server.log.length = 0
})

const live = 'subscription Live { latestEnergy { soc } }'

describe('over WebSocket', () => {
  const url = `${server.url.replace('http', 'ws')}/graphql`

  test('each event arrives, and a client that leaves is forgotten', async () => {
    const client = createClient({ url, retryAttempts: 0 })
    const events = client.iterate({ query: live })
    const first = events.next()
    await server.subscribed(1)
    server.emit(50)
    expect((await first).value).toEqual({ data: { latestEnergy: { soc: 50 } } })
    server.emit(51)
    server.emit(52)
    expect((await events.next()).value).toEqual({ data: { latestEnergy: { soc: 51 } } })
    expect((await events.next()).value).toEqual({ data: { latestEnergy: { soc: 52 } } })
    await events.return?.()
    await server.subscribed(0)
    void client.iterate({ query: live }).next()
    await server.subscribed(1)
    await client.dispose()
    await server.subscribed(0)
  })

  test.for([
    ['that cannot be parsed', 'subscription {', 'GRAPHQL_PARSE_FAILED'],
    ['that is not valid', 'subscription { latestEnergie }', 'GRAPHQL_VALIDATION_FAILED'],
    ['of too many letters', `{ role } #${'x'.repeat(100_000)}`, 'QUERY_TOO_COMPLEX'],
  ])(
    'an operation %s gets an error, and the others of the socket go on',
    async ([, query = '', code]) => {
      const socket = new WebSocket(url, 'graphql-transport-ws')
      const messages = messagesOf(socket)
      await new Promise((resolve) => socket.once('open', resolve))
      const send = (message: object) => socket.send(JSON.stringify(message))
      send({ type: 'connection_init' })
      expect(await messages.next()).toEqual({ type: 'connection_ack' })
      send({ type: 'subscribe', id: 'good', payload: { query: live } })
      await server.subscribed(1)

      send({ type: 'subscribe', id: 'bad', payload: { query } })
      expect(await messages.next()).toEqual({
        type: 'error',
        id: 'bad',
        payload: [expect.objectContaining({ message: expect.any(String), extensions: { code } })],
      })
      server.emit(60)
      expect(await messages.next()).toMatchObject({
        type: 'next',
        id: 'good',
        payload: { data: { latestEnergy: { soc: 60 } } },
      })
      socket.terminate()
      await server.subscribed(0)
    },
  )

  test.for([
    ['fault', { message: 'The disk is full', extensions: { code: 'STORAGE_FULL' } }],
    ['bug', { message: 'Unexpected error', extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
    ['abort', { message: 'Unexpected error', extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
  ] as const)('a %s in the stream ends it with an error', async ([how, told]) => {
    const client = createClient({ url, retryAttempts: 0 })
    const query = 'subscription ($how: String!) { failing(how: $how) }'
    const events = client.iterate({ query, variables: { how } })
    expect((await events.next()).value).toEqual({ data: { failing: 1 } })
    expect((await events.next()).value).toMatchObject({ errors: [told] })
    expect(await events.next()).toMatchObject({ done: true })
    await client.dispose()
    expect(server.log.filter((line) => line.level === 50)).toHaveLength(how === 'fault' ? 0 : 1)
  })

  test('a client that leaves before its stream begins is forgotten', async () => {
    await using slowToy = await openTestServer()
    const client = createClient({ url: `${slowToy.url.replace('http', 'ws')}/graphql` })
    void client.iterate({ query: 'subscription { slow }' }).next()
    await slowToy.slow
    client.terminate()
    const left = expect.objectContaining({ msg: 'websocket closed' })
    await expect.poll(() => slowToy.log).toContainEqual(left)
    slowToy.release()
    await expect.poll(() => slowToy.everSubscribed()).toBe(1)
    await slowToy.subscribed(0)
    await client.dispose()
  })

  test.for([
    ['that is none', '{"type":', 4400],
    ['that is too large', 'x'.repeat(maxBodyBytes.admin + 1), 1009],
  ] as const)(
    'a message %s closes its socket, and goes to the log alone',
    async ([, text, code]) => {
      const socket = new WebSocket(url, 'graphql-transport-ws')
      await new Promise((resolve) => socket.once('open', resolve))
      const closed = new Promise((resolve) => socket.once('close', resolve))
      socket.send(text)
      expect(await closed).toBe(code)
      const line = expect.objectContaining({ client: '127.0.0.1', msg: 'websocket closed' })
      await expect.poll(() => server.log).toContainEqual(line)
      expect(server.log.filter((entry) => Number(entry.level) > 20)).toEqual([])
    },
  )
})

describe('as server-sent events', () => {
  const subscribe = (signal: AbortSignal, query = live) =>
    fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        ...bearer(tokens.READ_TOKEN),
      },
      body: JSON.stringify({ query }),
      signal,
    })

  const subscribeSlowly = ({ url }: { url: string }, signal: AbortSignal) =>
    fetch(`${url}/graphql?query=subscription{slow}`, {
      headers: { accept: 'text/event-stream' },
      signal,
    })

  test('each event arrives, and a client that leaves is forgotten', async () => {
    const leave = new AbortController()
    const response = await subscribe(leave.signal)
    expect(response.headers.get('content-type')).toMatch('text/event-stream')
    const events = eventsOf(response)
    await server.subscribed(1)
    server.emit(70)
    expect(await events.next()).toMatchObject({ value: { data: { latestEnergy: { soc: 70 } } } })
    server.emit(71)
    expect(await events.next()).toMatchObject({ value: { data: { latestEnergy: { soc: 71 } } } })
    leave.abort()
    await server.subscribed(0)
  })

  test('a client that leaves before the stream begins is forgotten', async () => {
    await using slowToy = await openTestServer()
    const leave = new AbortController()
    const response = subscribeSlowly(slowToy, leave.signal)
    await slowToy.slow
    leave.abort()
    await expect(response).rejects.toThrow()
    await expect.poll(() => slowToy.log).toContainEqual(expect.objectContaining({ msg: 'request' }))
    slowToy.release()
    await expect.poll(() => slowToy.everSubscribed()).toBe(1)
    await slowToy.subscribed(0)
  })

  test('the head of the response is sent when the subscription has begun', async () => {
    await using slowToy = await openTestServer()
    const leave = new AbortController()
    const response = subscribeSlowly(slowToy, leave.signal)
    await slowToy.slow
    setTimeout(() => slowToy.release(), 200)
    expect((await response).status).toBe(200)
    expect(slowToy.subscribers()).toBe(1)
    leave.abort()
    await slowToy.subscribed(0)
  })

  test('a failing stream ends with its error', async () => {
    const response = await subscribe(
      new AbortController().signal,
      'subscription { failing(how: "fault") }',
    )
    const events = await Array.fromAsync(eventsOf(response))
    expect(events).toMatchObject([
      { data: { failing: 1 } },
      { errors: [{ message: 'The disk is full', extensions: { code: 'STORAGE_FULL' } }] },
    ])
  })
})

/** The messages of a socket, one at a time. */
function messagesOf(socket: WebSocket) {
  const received: unknown[] = []
  const waiting: ((message: unknown) => void)[] = []
  socket.on('message', (data) => {
    const message: unknown = JSON.parse(String(data))
    const next = waiting.shift()
    if (next) next(message)
    else received.push(message)
  })
  return {
    next: () =>
      new Promise<unknown>((resolve) => {
        if (received.length > 0) resolve(received.shift())
        else waiting.push(resolve)
      }),
  }
}

/** The results in a stream of events, up to its end or the client's. */
async function* eventsOf(response: Response): AsyncGenerator<unknown> {
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString()
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const data = /^event: next\ndata: (.*)$/m.exec(block)?.[1]
      if (data !== undefined) yield JSON.parse(data)
    }
  }
}
