import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL, handleProtocols } from 'graphql-ws'
import { type RawData, WebSocket, WebSocketServer as WsServer } from 'ws'
import { Fault } from '../fault.ts'
import type { Role } from '../graphql/role.ts'
import type { Logger } from '../log.ts'
import type { ConnectionLimit } from './connection-limit.ts'
import type { MaskError } from './errors.ts'
import type { GraphqlTransportWs } from './graphql-transport-ws.ts'
import { maxBodyBytes, maxInitBytes, maxUnfinishedBytes } from './limits.ts'
import { originRefusedWithToken } from './origin.ts'
import { LARGE_READ, ReadTurns } from './read-turns.ts'
import { refuseConnection } from './refused-connections.ts'
import type { UnsentLimit } from './unsent-limit.ts'
import { refuseWebSocket, WebSocketConnection } from './websocket-connection.ts'

export interface WebSocketServer {
  /** Takes over a connection whose upgrade request was accepted. */
  accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    caller: { client: string; mayUseToken: boolean },
  ): void
  /** Closes all with 1001, and cuts off those that do not answer within `grace` milliseconds. */
  close(grace: number): Promise<void>
  /** Bytes that all sockets hold of messages that are not complete. */
  readonly unfinishedBytes: number
  /** How many are open. */
  readonly connections: number
}

/** Close codes of WebSocket itself. */
const MESSAGE_TOO_BIG = 1009
const TRY_AGAIN_LATER = 1013

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
 * The sockets under the protocol. What a client does wrong goes to the log, and `close` does not wait for clients. One
 * timer watches all connections, and they share their listeners, because there are thousands.
 */
export function openWebSocketServer(options: {
  protocol: GraphqlTransportWs
  connectionLimit: ConnectionLimit
  unsentLimit: UnsentLimit
  maskError: MaskError
  log: Logger
  /** Milliseconds between pings. A client that has not answered one by the next is gone. */
  keepAlive: number
  /** The most bytes of a message. A client that may only read may send less. */
  messageBytes: number
}): WebSocketServer {
  const { protocol, connectionLimit, unsentLimit, maskError, log } = options
  const server = new WsServer({
    noServer: true,
    WebSocket: ConnectionSocket,
    maxPayload: options.messageBytes,
    // FrameWriter depends on this.
    perMessageDeflate: false,
    autoPong: false,
    handleProtocols,
  })
  // With a listener, ws leaves the response to us.
  server.on('wsClientError', (cause, socket) =>
    refuseConnection(
      socket,
      maskError(
        new Fault('BAD_REQUEST', `Expected the handshake of a WebSocket: ${cause.message}`),
      ),
    ),
  )
  const heartbeat = setInterval(() => {
    for (const { connection } of server.clients) connection?.ping()
  }, options.keepAlive)

  const messageBytes: Readonly<Record<Role, number>> = {
    read: Math.min(maxBodyBytes.read, options.messageBytes),
    ingest: options.messageBytes,
    admin: options.messageBytes,
  }
  const readTurns = new ReadTurns()
  let unfinishedBytes = 0

  /** Inspects what a client sends before ws keeps any of it. */
  function inspect(connection: WebSocketConnection, chunk: Buffer): void {
    const { incoming, role } = connection
    unfinishedBytes -= incoming.held
    const longest = incoming.add(chunk)
    unfinishedBytes += incoming.held
    if (role === undefined) {
      connection.initBytes += chunk.length
      if (connection.initBytes > maxInitBytes) {
        refuse(connection, `Expected at most ${maxInitBytes} bytes before connection_ack`)
      }
    } else if (longest > messageBytes[role]) {
      refuse(connection, `Expected a message of at most ${messageBytes[role]} bytes, as ${role}`)
    }
    // The one that holds most holds at least what was added just now.
    if (unfinishedBytes > maxUnfinishedBytes) cutOffLargest()
  }

  function refuse(connection: WebSocketConnection, reason: string): void {
    protocol.closed(connection)
    connection.refuse(MESSAGE_TOO_BIG, reason)
  }

  function cutOffLargest(): void {
    let largest: WebSocketConnection | undefined
    for (const { connection } of server.clients) {
      if ((connection?.incoming.held ?? 0) > (largest?.incoming.held ?? 0)) largest = connection
    }
    if (largest === undefined) return
    const { client, incoming } = largest
    log.warn(
      { client, bytes: incoming.held },
      'a websocket with a long unfinished message is cut off',
    )
    letGoOf(largest)
    largest.cutOff(
      TRY_AGAIN_LATER,
      'BUSY: Messages under way hold too much memory: send it again later',
    )
  }

  function letGoOf(connection: WebSocketConnection): void {
    unfinishedBytes -= connection.incoming.held
    connection.incoming.held = 0
    protocol.closed(connection)
  }

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
    unsentLimit.forget(connection)
    letGoOf(connection)
  }

  function open(
    webSocket: ConnectionSocket,
    socket: Duplex,
    connection: WebSocketConnection,
  ): void {
    webSocket.connection = connection
    socket.prependListener('data', (chunk: Buffer) => {
      if (chunk.length >= LARGE_READ) {
        connection.readInTurn()
        // What is sent in response to all of its messages leaves at once.
        socket.cork()
        process.nextTick(() => socket.uncork())
      }
      inspect(connection, chunk)
    })
    webSocket.on('message', receive)
    webSocket.on('ping', answerPing)
    webSocket.on('pong', noteAnswer)
    webSocket.on('error', noteError)
    webSocket.on('close', forget)
    if (webSocket.protocol === GRAPHQL_TRANSPORT_WS_PROTOCOL) protocol.opened(connection)
    else connection.close(CloseCode.SubprotocolNotAcceptable, 'Subprotocol not acceptable')
  }

  return {
    get unfinishedBytes() {
      return unfinishedBytes
    },
    get connections() {
      return server.clients.size
    },

    accept: (request, socket, head, { client, mayUseToken }) =>
      server.handleUpgrade(request, socket, head, (webSocket) => {
        const { authorization, origin = 'none' } = request.headers
        try {
          connectionLimit.enter(client)
        } catch (error) {
          // After the upgrade, because a browser shows a page nothing of an upgrade that was refused.
          const { message, extensions } = maskError(error)
          webSocket.on('error', () => webSocket.terminate())
          const reason = `${extensions.code}: ${message}`
          refuseWebSocket(webSocket, socket, { code: TRY_AGAIN_LATER, reason })
          return
        }
        const connection = new WebSocketConnection({
          webSocket,
          socket,
          client,
          authorization,
          tokenRefusal: mayUseToken ? undefined : originRefusedWithToken(origin),
          unsentLimit,
          readTurns,
          log,
        })
        open(webSocket, socket, connection)
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
