import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { handleProtocols, type Server } from 'graphql-ws'
import { type RawData, WebSocket, WebSocketServer as WsServer } from 'ws'
import type { Logger } from '../log.ts'
import type { ConnectionLimit } from './connection-limit.ts'
import type { Tell } from './told-error.ts'
import { WebSocketConnection } from './websocket-connection.ts'

export interface WebSocketServer {
  /** Takes over a connection whose upgrade request was accepted. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, client: string): void
  /** Says goodbye (1001), and cuts off after `grace` milliseconds whoever does not answer. */
  close(grace: number): Promise<void>
}

class ConnectionSocket extends WebSocket {
  connection: WebSocketConnection | undefined
}

const connectionOf = (socket: WebSocket) =>
  socket instanceof ConnectionSocket ? socket.connection : undefined

/** The same for all sockets, because there are thousands. */
function listen(socket: ConnectionSocket): void {
  socket.on('message', receive)
  socket.on('ping', answerPing)
  socket.on('pong', noteAnswer)
  socket.on('error', noteError)
}

function receive(this: WebSocket, data: RawData): void {
  void connectionOf(this)?.receive(String(data))
}

function answerPing(this: WebSocket, data: Buffer): void {
  connectionOf(this)?.answerPing(data)
}

function noteAnswer(this: WebSocket): void {
  connectionOf(this)?.noteAnswer()
}

function noteError(this: WebSocket, error: Error): void {
  connectionOf(this)?.noteError(error)
}

/**
 * The sockets under the protocol. This is graphql-ws's own binding to ws, except that what a peer
 * does wrong goes to the log instead of the console, one timer watches all peers, and `close` ends.
 */
export function openWebSocketServer(options: {
  protocol: Server<WebSocketConnection>
  connectionLimit: ConnectionLimit
  tell: Tell
  log: Logger
  /** Milliseconds between pings; a peer that has not answered one by the next is gone. */
  keepAlive: number
  messageBytes: number
}): WebSocketServer {
  const { protocol, connectionLimit, tell, log } = options
  const server = new WsServer({
    noServer: true,
    WebSocket: ConnectionSocket,
    maxPayload: options.messageBytes,
    // src/http/frame-writer.ts rests on this.
    perMessageDeflate: false,
    autoPong: false,
    handleProtocols,
  })
  const closing = new Set<Promise<void>>()
  const heartbeat = setInterval(() => {
    for (const { connection } of server.clients) connection?.ping()
  }, options.keepAlive)

  function open(webSocket: ConnectionSocket, connection: WebSocketConnection): void {
    const { client } = connection
    const closed = protocol.opened(connection, connection)
    webSocket.connection = connection
    listen(webSocket)
    webSocket.on('close', (code, reason) => {
      const ms = Math.round(performance.now() - connection.opened)
      log.debug({ client, code, ms }, 'websocket closed')
      connectionLimit.leave(client)
      const done = closed(code, String(reason))
        .catch((error: unknown) => log.error({ err: error, client }, 'a websocket did not close'))
        .finally(() => closing.delete(done))
      closing.add(done)
    })
  }

  return {
    accept: (request, socket, head, client) =>
      server.handleUpgrade(request, socket, head, (webSocket) => {
        const { authorization } = request.headers
        try {
          connectionLimit.enter(client)
        } catch (error) {
          // After the upgrade, for a browser shows a page nothing of an upgrade that was refused.
          const { message, extensions } = tell(error)
          webSocket.on('error', () => webSocket.terminate())
          webSocket.close(1013, `${extensions.code}: ${message}`.slice(0, 123))
          return
        }
        open(webSocket, new WebSocketConnection({ webSocket, socket, client, authorization, log }))
      }),

    async close(grace) {
      clearInterval(heartbeat)
      server.close()
      const goodbyes = [...server.clients].map((socket) => {
        const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()))
        socket.close(1001, 'Going away')
        return gone
      })
      const deadline = new AbortController()
      const late = delay(grace, undefined, { signal: deadline.signal }).catch(() => undefined)
      await Promise.race([late, Promise.all(goodbyes)])
      for (const socket of server.clients) socket.terminate()
      await Promise.all(goodbyes)
      await Promise.race([late, Promise.all(closing)])
      deadline.abort()
    },
  }
}
