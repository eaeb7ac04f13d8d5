import { Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { WebSocket } from 'ws'

/** Connections of one attacker; whatever the server does to them is no concern of the attack. */
export interface Sockets {
  /** Sends a POST and resolves when its answer has been read, or nothing more will come. */
  post(body: string, accept?: string): Promise<void>
  /** Writes an unended request, or whatever, and reads nothing. */
  write(text: string): void
  /**
   * Writes a text on a connection of its own, and then another over and over; reads and forgets what comes. Resolves
   * when the connection is closed.
   */
  stream(begin: string, part: string): Promise<void>
  /** Resolves with a connection whose bytes are read and forgotten; undefined where there is none to be had. */
  openPlain(): Promise<Socket | undefined>
  /** Resolves with an upgraded connection and what is below it; undefined where there is none to be had. */
  openWebSocket(): Promise<{ webSocket: WebSocket; wire: Socket } | undefined>
  /** A GET as text. */
  get(path: string, accept?: string): string
  /** A POST as text, said to be `length` long, or in chunks. */
  head(length: number | 'chunked', accept?: string): string
}

/** Everything ends when the signal does. `from` is the address that plain connections come from, if it is another. */
export function openSockets(
  url: string,
  connections: number,
  signal: AbortSignal,
  from?: string,
): Sockets {
  const { hostname, port } = new URL(url)
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const open = new Set<() => void>([() => agent.destroy()])
  signal.addEventListener('abort', () => {
    for (const end of open) end()
  })
  return {
    post: (body, accept = 'application/json') =>
      new Promise((resolve) => {
        const outgoing = request(
          `${url}/graphql`,
          {
            ...{ agent, method: 'POST' },
            headers: {
              ...{ 'content-type': 'application/json', accept },
              'content-length': Buffer.byteLength(body),
            },
          },
          (response) => {
            response.on('error', () => resolve())
            response.once('close', () => resolve())
            response.resume()
          },
        )
        outgoing.on('error', () => resolve())
        outgoing.end(body)
      }),
    write: (text) => {
      const socket = connect({ host: hostname, port: Number(port) })
      socket.on('error', () => {})
      socket.pause()
      socket.write(text)
      open.add(() => socket.destroy())
    },
    stream: async (begin, part) => {
      const socket = connect({ host: hostname, port: Number(port) })
      socket.on('error', () => {}).resume()
      const end = () => socket.destroy()
      open.add(end)
      socket.once('close', () => open.delete(end))
      const bytes = Buffer.from(part)
      socket.write(begin)
      await keepWriting(socket, bytes)
    },
    openPlain: () =>
      new Promise((resolve) => {
        const localAddress = from === undefined ? {} : { localAddress: from }
        const socket = connect({ host: hostname, port: Number(port), ...localAddress })
        socket.on('error', () => {}).resume()
        const end = () => socket.destroy()
        open.add(end)
        socket.once('connect', () => resolve(socket))
        socket.once('close', () => {
          open.delete(end)
          resolve(undefined)
        })
      }),
    openWebSocket: () =>
      new Promise((resolve) => {
        const wire = connect({ host: hostname, port: Number(port), noDelay: true })
        const webSocket = new WebSocket(
          `${url.replace('http', 'ws')}/graphql`,
          'graphql-transport-ws',
          { perMessageDeflate: false, createConnection: () => wire },
        )
        webSocket.on('error', () => resolve(undefined))
        webSocket.once('open', () => resolve({ webSocket, wire }))
        const end = () => webSocket.terminate()
        open.add(end)
        webSocket.once('close', () => open.delete(end))
      }),
    get: (path, accept = '*/*') =>
      `GET ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAccept: ${accept}\r\n\r\n`,
    head: (length, accept = 'application/json') =>
      [
        'POST /graphql HTTP/1.1',
        `Host: ${hostname}:${port}`,
        'Content-Type: application/json',
        `Accept: ${accept}`,
        length === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`,
        '\r\n',
      ].join('\r\n'),
  }
}

/** Writes the same over and over, until the connection is closed. */
export function keepWriting(socket: Socket, part: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const write = () => {
      while (!socket.destroyed && socket.write(part));
    }
    socket.on('drain', write)
    socket.once('close', () => resolve())
    if (socket.destroyed) resolve()
    write()
  })
}
