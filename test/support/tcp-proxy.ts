import { connect, createServer, type Socket } from 'node:net'

/** Which direction is dropped. Neither side notices, not even that the other one hangs up. */
export type Silence = 'both ways' | 'questions' | 'answers'

/** A TCP proxy in front of a database, on a port of its own, whose connections can be cut, silenced and delayed. */
export interface TcpProxy extends AsyncDisposable {
  /** The address of the database through the proxy. */
  readonly url: string
  /** How many connections were made so far. */
  readonly attempts: number
  /** Ends every connection and refuses new ones. */
  cut(): Promise<void>
  /** Ends every connection; new ones go to another database. */
  redirectTo(databaseUrl: string): void
  /** Drops what is sent, as a vanished network does; a half-open connection loses one direction. */
  silence(what?: Silence): void
  /** Delays everything by so many milliseconds in each direction. */
  delay(ms: number): void
  /** Holds requests to cancel a statement, until the returned function is called. */
  holdCancellations(): () => void
  /** How many such requests are held. */
  readonly heldCancellations: number
  /** Undoes all of that. What was open while silent is closed, as when a network forgets its connections. */
  restore(): Promise<void>
}

export async function openTcpProxy(databaseUrl: string): Promise<TcpProxy> {
  let target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  let silent: Silence | undefined
  let delayMs = 0
  let attempts = 0
  let held: (() => void)[] | undefined
  const server = createServer((near) => {
    attempts += 1
    const far = connect(Number(target.port), target.hostname)
    relay(near, far, 'questions')
    relay(far, near, 'answers')
  })
  const relay = (from: Socket, to: Socket, what: Silence) => {
    const pass = (deliver: () => void) => {
      if (silent === what || silent === 'both ways') return
      if (delayMs === 0) deliver()
      else setTimeout(deliver, delayMs).unref()
    }
    sockets.add(from)
    from.on('data', (data) => {
      const deliver = () => pass(() => to.write(data))
      if (held !== undefined && isCancellation(data)) held.push(deliver)
      else deliver()
    })
    from.on('error', () => {})
    from.on('close', () => {
      sockets.delete(from)
      pass(() => to.destroy())
    })
  }
  const listen = (port: number) =>
    new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening))
  const cut = async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of sockets) socket.resetAndDestroy()
    await closed
  }
  await listen(0)
  const address = server.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  const url = new URL(target)
  url.port = `${port}`
  return {
    url: url.href,
    get attempts() {
      return attempts
    },
    cut,
    redirectTo: (databaseUrl) => {
      target = new URL(databaseUrl)
      for (const socket of sockets) socket.resetAndDestroy()
    },
    silence: (what = 'both ways') => {
      silent = what
    },
    delay: (ms) => {
      delayMs = ms
    },
    holdCancellations: () => {
      held = []
      return () => {
        for (const deliver of held ?? []) deliver()
        held = undefined
      }
    },
    get heldCancellations() {
      return held?.length ?? 0
    },
    restore: async () => {
      if (silent !== undefined) for (const socket of sockets) socket.destroy()
      silent = undefined
      delayMs = 0
      if (!server.listening) await listen(port)
    },
    [Symbol.asyncDispose]: cut,
  }
}

/** The code of CancelRequest, the only message on such a connection. */
const CANCEL = 80_877_102

function isCancellation(data: Buffer | string): boolean {
  return typeof data !== 'string' && data.length === 16 && data.readInt32BE(4) === CANCEL
}
