import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL, handleProtocols } from 'graphql-ws'
import { type RawData, WebSocket, WebSocketServer as WsServer } from 'ws'
import type { Logger } from '../log.ts'
import type { ConnectionLimit } from './connection-limit.ts'
import type { GraphqlTransportWs } from './graphql-transport-ws.ts'
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
 * The sockets under the protocol. What a client does wrong goes to the log, one timer watches all connections, they
 * share their listeners because there are thousands, and `close` ends.
 */
export function openWebSocketServer(options: {
  protocol: GraphqlTransportWs
  connectionLimit: ConnectionLimit
  tell: Tell
  log: Logger
  /** Milliseconds between pings; a client that has not answered one by the next is gone. */
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
  const heartbeat = setInterval(() => {
    for (const { connection } of server.clients) connection?.ping()
  }, options.keepAlive)

  function receive(this: WebSocket, data: RawData): void {
    const connection = connectionOf(this)
    if (connection !== undefined) protocol.receive(connection, String(data))
  }

  function forget(this: WebSocket, code: number): void {
    const connection = connectionOf(this)
    if (connection === undefined) return
    const { client, opened } = connection
    const ms = Math.round(performance.now() - opened)
    log.debug({ client, code, ms }, 'websocket closed')
    connectionLimit.leave(client)
    protocol.closed(connection)
  }

  function open(webSocket: ConnectionSocket, connection: WebSocketConnection): void {
    webSocket.connection = connection
    webSocket.on('message', receive)
    webSocket.on('ping', answerPing)
    webSocket.on('pong', noteAnswer)
    webSocket.on('error', noteError)
    webSocket.on('close', forget)
    if (webSocket.protocol === GRAPHQL_TRANSPORT_WS_PROTOCOL) protocol.opened(connection)
    else connection.close(CloseCode.SubprotocolNotAcceptable, 'Subprotocol not acceptable')
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
      deadline.abort()
    },
  }
}
