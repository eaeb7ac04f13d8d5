import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

/** A receiver of alerts, on a port of its own. */
export interface Receiver extends AsyncDisposable {
  readonly port: number
  /** What it took, such as `RAISED CHECK_FAILING rollups`. */
  readonly taken: string[]
  /** The last body, whether taken or not, and its headers. */
  last:
    | { body: Record<string, string>; authorization: string | undefined; path: string }
    | undefined
  /** What it answers: only 200 takes. */
  status: number
  refused: number
  /** How many requests came. */
  received: number
  /** Does not answer until it is undone. */
  isHanging: boolean
  /** The number of the request that waits for its answer. */
  readonly hanging: number | undefined
  /** Until `start`, connections are refused. */
  stop(): Promise<void>
  start(): Promise<void>
}

export async function openReceiver(): Promise<Receiver> {
  let server: Server | undefined
  let port = 0
  let hanging: number | undefined
  const start = async (): Promise<void> => {
    const opened = createServer(async (request, response) => {
      const body = (await json(request)) as Record<string, string>
      const number = ++receiver.received
      if (receiver.isHanging) {
        hanging = number
        response.once('close', () => {
          hanging = undefined
        })
        return
      }
      const { authorization } = request.headers
      receiver.last = { body, authorization, path: request.url ?? '' }
      if (receiver.status === 200) {
        receiver.taken.push(`${body.event} ${body.kind} ${body.subject}`)
      } else receiver.refused++
      response.writeHead(receiver.status, { connection: 'close' }).end()
    })
    const { promise, resolve } = Promise.withResolvers<void>()
    opened.listen(port, '127.0.0.1', resolve)
    await promise
    port = (opened.address() as AddressInfo).port
    server = opened
  }
  const stop = async (): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>()
    if (server === undefined) return
    server.close(() => resolve())
    server.closeAllConnections()
    server = undefined
    await promise
  }
  const receiver: Receiver = {
    get port() {
      return port
    },
    taken: [],
    last: undefined,
    status: 200,
    refused: 0,
    received: 0,
    isHanging: false,
    get hanging() {
      return hanging
    },
    start,
    stop,
    [Symbol.asyncDispose]: stop,
  }
  await start()
  return receiver
}
