import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { CloseCode, handleProtocols, type Server } from 'graphql-ws'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Logger } from '../log.ts'
import { maxBodySize } from './limits.ts'
import type { Connection } from './websocket-protocol.ts'

/** Milliseconds between pings; a peer that has not answered one by the next is gone. */
const heartbeatInterval = 12_000

export interface WebSockets {
  /** Takes over a connection whose upgrade request was accepted. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, client: string): void
  /** Says goodbye (1001), and cuts off after `grace` milliseconds whoever does not answer. */
  close(grace: number): Promise<void>
}

/**
 * The sockets under the protocol. This is graphql-ws's own binding to ws, except that what a peer
 * does wrong goes to the log instead of the console, one timer watches all peers, and `close` ends.
 */
export function openWebSockets(protocol: Server<Connection>, log: Logger): WebSockets {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: maxBodySize,
    perMessageDeflate: false,
    handleProtocols,
  })
  const closing = new Set<Promise<void>>()
  const unanswered = new WeakSet<WebSocket>()
  const heartbeat = setInterval(() => {
    for (const socket of server.clients) {
      if (unanswered.has(socket)) socket.terminate()
      else {
        unanswered.add(socket)
        socket.ping()
      }
    }
  }, heartbeatInterval)

  function open(socket: WebSocket, request: IncomingMessage, client: string): void {
    const opened = performance.now()
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        close: (code, reason) => socket.close(code, reason),
        send: (text) =>
          new Promise((resolve, reject) => {
            if (socket.readyState !== socket.OPEN) resolve()
            else socket.send(text, (error) => (error ? reject(error) : resolve()))
          }),
        onMessage: (receive) =>
          socket.on('message', (data) => {
            receive(String(data)).catch((error: unknown) => {
              log.error({ err: error, client }, 'a websocket message failed unexpectedly')
              socket.close(CloseCode.InternalServerError, 'Unexpected error')
            })
          }),
      },
      { socket, request, client },
    )
    socket.on('pong', () => unanswered.delete(socket))
    socket.on('error', (error) => log.debug({ err: error, client }, 'websocket error'))
    socket.once('close', (code, reason) => {
      const ms = Math.round(performance.now() - opened)
      log.debug({ client, code, ms }, 'websocket closed')
      const done = closed(code, String(reason))
        .catch((error: unknown) => log.error({ err: error, client }, 'a websocket did not close'))
        .finally(() => closing.delete(done))
      closing.add(done)
    })
  }

  return {
    accept: (request, socket, head, client) =>
      server.handleUpgrade(request, socket, head, (webSocket) => open(webSocket, request, client)),

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
