import { Socket } from 'node:net'
import pg from 'pg'
import { startTimeout } from '../timeout.ts'

/** How long connecting may take. */
const CONNECT_MS = 5000
/** How long `end` waits for a peer that may have vanished. */
const FAREWELL_MS = 1000
const SECOND_MS = 1000

export interface ClientConfig extends Omit<pg.ClientConfig, 'connectionTimeoutMillis'> {
  /**
   * Milliseconds that connecting may take, by `startTimeout`; takes the place of the timeout of pg, which goes by the
   * clock.
   */
  connectWithinMs?: number
}

/**
 * A connection that fails if it is not made within five seconds, that can be watched for silence, and that ends within
 * a second even if its peer has vanished.
 */
export class Client extends pg.Client {
  /** The TCP socket, below TLS if there is any. */
  readonly socket: Socket
  readonly #connectWithinMs: number

  constructor({ connectWithinMs = CONNECT_MS, ...config }: ClientConfig = {}) {
    const socket = new Socket()
    super({ ...config, stream: () => socket })
    this.socket = socket
    this.#connectWithinMs = connectWithinMs
    // A connection that breaks also fails its query; without a listener it would end the process too.
    this.on('error', () => {})
  }

  override connect(): Promise<pg.Client>
  override connect(
    callback: ((error: Error) => void) | ((error: null, client: pg.Client) => void),
  ): void
  override connect(
    callback?: ((error: Error) => void) | ((error: null, client: pg.Client) => void),
  ): Promise<pg.Client> | undefined {
    const timeout = startTimeout(this.#connectWithinMs, () => this.abandon())
    this.once('connect', () => timeout[Symbol.dispose]())
    this.socket.once('close', () => timeout[Symbol.dispose]())
    if (callback === undefined) return super.connect()
    super.connect(callback)
    return undefined
  }

  /** Closes the socket without a word to the peer; all that waits for it fails. */
  abandon(): void {
    this.socket.destroy(new Error('timeout expired'))
  }

  override end(): Promise<void>
  override end(callback: (error: Error) => void): void
  override end(callback?: (error: Error) => void): Promise<void> | void {
    if (!this.socket.destroyed) {
      const timeout = startTimeout(FAREWELL_MS, () => this.socket.destroy())
      this.socket.once('close', () => timeout[Symbol.dispose]())
    }
    return callback === undefined ? super.end() : super.end(callback)
  }
}

/** The connections to one database, so that all can be closed even if the peer has vanished. */
export interface Clients {
  /** For pg's pool, and for single connections. */
  readonly Client: new (
    config?: ClientConfig,
  ) => Client
  /** Closes all that are open, without a word to the peer. */
  destroy(): void
}

export function trackClients(): Clients {
  const sockets = new Set<Socket>()
  return {
    Client: class extends Client {
      constructor(config?: ClientConfig) {
        super(config)
        sockets.add(this.socket)
        this.socket.once('close', () => sockets.delete(this.socket))
      }
    },
    destroy: () => {
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Calls `onSilence` after each second without data from the peer, with the number of such seconds in a row. */
export function watchSilence({ socket }: Client, onSilence: (seconds: number) => void): Disposable {
  let heard = socket.bytesRead
  let seconds = 0
  const listen = (): void => {
    seconds = socket.bytesRead === heard ? seconds + 1 : 0
    heard = socket.bytesRead
    timeout = startTimeout(SECOND_MS, listen)
    if (seconds > 0) onSilence(seconds)
  }
  let timeout = startTimeout(SECOND_MS, listen)
  return { [Symbol.dispose]: () => timeout[Symbol.dispose]() }
}
