import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { CloseCode, handleProtocols, type Server } from 'graphql-ws'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Logger } from '../log.ts'
import { maxUnsentBytes } from './limits.ts'
import { Outlet } from './outlet.ts'
import type { Tell } from './told-error.ts'
import type { Turnstile } from './turnstile.ts'
import type { Connection } from './websocket-protocol.ts'

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
export function openWebSockets(options: {
  protocol: Server<Connection>
  turnstile: Turnstile
  tell: Tell
  log: Logger
  /** Milliseconds between pings; a peer that has not answered one by the next is gone. */
  keepAlive: number
  messageBytes: number
}): WebSockets {
  const { protocol, turnstile, tell, log } = options
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: options.messageBytes,
    // src/http/outlet.ts rests on this.
    perMessageDeflate: false,
    autoPong: false,
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
  }, options.keepAlive)

  /** Whoever asks and never reads the answers, as by a flood of pings, ends here. */
  function cutOffWhereFull(socket: WebSocket, client: string): void {
    if (socket.bufferedAmount <= maxUnsentBytes || socket.readyState === socket.CLOSED) return
    log.warn({ client, bytes: socket.bufferedAmount }, 'a websocket that does not read is cut off')
    socket.terminate()
  }

  function open(
    socket: WebSocket,
    outlet: Outlet,
    { client, authorization }: { client: string; authorization: string | undefined },
  ): void {
    const opened = performance.now()
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        close: (code, reason) => socket.close(code, reason),
        send: (text) =>
          new Promise((resolve, reject) => {
            if (socket.readyState !== socket.OPEN) return resolve()
            socket.send(text, (error) => (error ? reject(error) : resolve()))
            cutOffWhereFull(socket, client)
          }),
        onMessage: (receive) =>
          socket.on('message', (data) => {
            receive(String(data)).catch((error: unknown) => {
              log.error({ err: error, client }, 'a websocket message failed unexpectedly')
              socket.close(CloseCode.InternalServerError, 'Unexpected error')
            })
          }),
      },
      { socket, outlet, client, authorization, subscriptions: 0 },
    )
    socket.on('ping', (data) => {
      if (socket.readyState !== socket.OPEN) return
      socket.pong(data)
      cutOffWhereFull(socket, client)
    })
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
      server.handleUpgrade(request, socket, head, (webSocket) => {
        const { authorization } = request.headers
        try {
          webSocket.once('close', turnstile(client))
          open(webSocket, new Outlet(webSocket, socket), { client, authorization })
        } catch (error) {
          // After the upgrade, for a browser shows a page nothing of an upgrade that was refused.
          const { message, extensions } = tell(error)
          webSocket.on('error', () => webSocket.terminate())
          webSocket.close(1013, `${extensions.code}: ${message}`.slice(0, 123))
        }
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
