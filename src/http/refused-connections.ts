import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { GraphQLError } from 'graphql'
import type { Config } from '../config.ts'
import { abridge, Fault } from '../fault.ts'
import { type ConnectionLimit, createConnectionLimit } from './connection-limit.ts'
import { formatError, httpStatusOf, type MaskError, sendError } from './errors.ts'
import type { InFlightRequests } from './in-flight-requests.ts'
import { mostOpenFiles } from './open-files.ts'

/**
 * Refuses what never becomes a request: connections past the limit, bytes that Node's parser cannot read, CONNECT, and
 * expectations other than `100-continue`. Returns how many connections there are.
 */
export function refuseBadConnections(
  server: Server,
  {
    config,
    inFlight,
    maskError,
  }: {
    config: Pick<Config, 'limits' | 'trustedProxies'>
    inFlight: InFlightRequests
    maskError: MaskError
  },
): Pick<ConnectionLimit, 'open' | 'most'> {
  const limit = createConnectionLimit(limitsOfAnyKind(config, mostOpenFiles()))

  server.on('connection', (socket: Socket) => {
    const { remoteAddress = '' } = socket
    try {
      limit.enter(remoteAddress)
      socket.once('close', () => limit.leave(remoteAddress))
    } catch (error) {
      refuseConnection(socket, maskError(error))
    }
  })
  const unreadableSockets = new WeakSet<Socket>()
  server.on('clientError', (error: Error, socket: Socket) => {
    // Once is enough: Node would try to read each chunk that follows.
    if (!socket.writable || unreadableSockets.has(socket)) return socket.destroy()
    const refuse = () =>
      refuseConnection(socket, maskError(unreadable(error)), { hasBody: !isHead(error) })
    if (!inFlight.closeAfterResponses(socket, refuse)) return refuse()
    unreadableSockets.add(socket)
    socket.pause() // That its client has left is noticed with the next response.
  })
  server.on('connect', ({ socket }: IncomingMessage) => {
    // Node has taken off what a response needs of the socket.
    if (inFlight.has(socket)) socket.destroy()
    else {
      refuseConnection(
        socket,
        maskError(new Fault('METHOD_NOT_ALLOWED', 'This server is no proxy')),
      )
    }
  })
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    if (!inFlight.add(response)) return
    response.shouldKeepAlive = false // A body may or may not come.
    sendError(request, response, maskError(expectationFailed(request)))
  })
  return limit
}

/** Responds on a connection that has no request to respond to, such as one that could not be read, and closes it. */
export function refuseConnection(
  socket: Duplex,
  error: GraphQLError,
  { hasBody } = { hasBody: true },
): void {
  const status = httpStatusOf(error)
  const text = `${JSON.stringify({ errors: [formatError(error)] })}\n`
  socket.once('error', () => socket.destroy()) // The client may be gone already.
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Connection: close',
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(text)}`,
      'Cache-Control: no-store',
      'X-Content-Type-Options: nosniff',
      '',
      hasBody ? text : '',
    ].join('\r\n'),
    () => socket.destroy(),
  )
}

/** Returns whether what could not be read begins with a HEAD request, whose response has no body. */
function isHead(error: Error): boolean {
  if (!('rawPacket' in error) || !Buffer.isBuffer(error.rawPacket)) return false
  return error.rawPacket.toString('latin1', 0, 5) === 'HEAD '
}

/** Files and sockets that the server opens itself: for the database, sources, and what it reads. */
const OWN_FILES = 200

/**
 * Returns the limits of connections of any kind. If as many as possible are streams and WebSockets, some are left for
 * requests. The address of a proxy stands for many clients. If the process may open fewer files, both limits are
 * lower: without a file for its connection, a client waits until it is lost.
 */
export function limitsOfAnyKind(
  { limits, trustedProxies }: Pick<Config, 'limits' | 'trustedProxies'>,
  openFiles: number,
): Pick<Config['limits'], 'connections' | 'connectionsPerAddress'> {
  const most = (streams: number) => 2 * streams + 100
  const hasProxies = trustedProxies.rules.length > 0
  const connections = most(limits.connections)
  const perAddress = most(hasProxies ? limits.connections : limits.connectionsPerAddress)
  const room = Math.max(100, openFiles - OWN_FILES)
  if (connections <= room) return { connections, connectionsPerAddress: perAddress }
  const share = Math.min(1, perAddress / connections)
  return { connections: room, connectionsPerAddress: Math.ceil(room * share) }
}

/** Why Node's parser could not read a request. */
function unreadable(error: Error): Fault {
  const options = { cause: error }
  switch ('code' in error ? error.code : undefined) {
    case 'HPE_HEADER_OVERFLOW':
      return new Fault(
        'HEADERS_TOO_LARGE',
        'Expected a URL and headers of at most 16 KiB together, and fewer than a thousand headers: send a long query by POST',
        options,
      )
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Fault('REQUEST_TIMEOUT', 'The request did not come to its end in time', options)
    default:
      return new Fault(
        'BAD_REQUEST',
        'Expected a request of HTTP/1.1; it could not be read',
        options,
      )
  }
}

function expectationFailed({ headers: { expect = '' } }: IncomingMessage): Fault {
  return new Fault(
    'EXPECTATION_FAILED',
    `Expected the header Expect: 100-continue or none; got ${abridge(expect)}`,
  )
}
