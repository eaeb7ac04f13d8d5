import { Socket } from 'node:net'
import pg from 'pg'
import { startTimeout } from '../timeout.ts'

/** For which a connection may take to be made. */
const CONNECT_MS = 5000
/** What of a peer that vanished without a word is waited for when a connection ends. */
const FAREWELL_MS = 1000
const SECOND_MS = 1000

export interface ClientConfig extends Omit<pg.ClientConfig, 'connectionTimeoutMillis'> {
  /** Milliseconds that connecting may take, by `startTimeout`; takes the place of the timeout of pg, which goes by the clock. */
  connectWithinMs?: number
}

/**
 * A connection that is given up where it is not made within five seconds, that can be watched for silence, and that
 * ends within a second even where its peer is gone.
 */
export class Client extends pg.Client {
  /** Below TLS, where there is any. */
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

  /** Fails whatever waits for the peer, and says nothing to it. */
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

/** The connections of one database, so that all can be closed even where the peer vanished without a word. */
export interface Clients {
  /** For pg's pool, and for whoever needs a connection alone. */
  readonly Client: new (
    config?: ClientConfig,
  ) => Client
  /** Closes whatever is still open, saying nothing to the peer. */
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

/** Tells after each second in which this process ran and nothing came from the peer how many there were by now. */
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
