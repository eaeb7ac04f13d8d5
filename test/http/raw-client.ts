import { WebSocket } from 'ws'

/** A hand-written client of graphql-transport-ws, which may break the protocol. */
export interface RawClient extends Disposable {
  readonly socket: WebSocket
  /** Resolves with the code and the reason of the close. */
  readonly closed: Promise<[number, string]>
  send(message: object | string): void
  /** Subscribes, or runs whatever operation this is. */
  ask(id: string, query: string, variables?: object): void
  /** The next message, which waits until there is one; pings of the protocol are among them. */
  next(): Promise<unknown>
}

export async function openRawClient(
  server: { url: string },
  {
    init = true,
    headers = {},
    protocol = 'graphql-transport-ws',
  }: { init?: boolean | object; headers?: Record<string, string>; protocol?: string } = {},
): Promise<RawClient> {
  const url = `${server.url.replace('http', 'ws')}/graphql`
  const socket = new WebSocket(url, protocol, { headers })
  const received: unknown[] = []
  const waiting: ((message: unknown) => void)[] = []
  socket.on('message', (data) => {
    const message: unknown = JSON.parse(String(data))
    const next = waiting.shift()
    if (next) next(message)
    else received.push(message)
  })
  const closed = new Promise<[number, string]>((resolve) =>
    socket.once('close', (code, reason) => resolve([code, String(reason)])),
  )
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  socket.on('error', () => {}) // Its close tells.
  const client: RawClient = {
    socket,
    closed,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    ask: (id, query, variables) =>
      client.send({ type: 'subscribe', id, payload: { query, variables } }),
    next: () =>
      new Promise((resolve) => {
        if (received.length > 0) resolve(received.shift())
        else waiting.push(resolve)
      }),
    [Symbol.dispose]: () => socket.terminate(),
  }
  if (init !== false) {
    client.send({ type: 'connection_init', payload: typeof init === 'object' ? init : {} })
    await client.next()
  }
  return client
}
