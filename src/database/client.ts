import { Socket } from 'node:net'
import pg from 'pg'

/** What of a peer that vanished without a word is waited for when a connection ends. */
const FAREWELL_MS = 1000
const SECOND_MS = 1000

/** A connection that can be watched for silence, and that ends within a second even where its peer is gone. */
export class Client extends pg.Client {
  /** Below TLS, where there is any. */
  readonly socket: Socket

  constructor(config?: pg.ClientConfig) {
    const socket = new Socket()
    super({ ...config, stream: () => socket })
    this.socket = socket
    // A connection that breaks also fails its query; without a listener it would end the process too.
    this.on('error', () => {})
  }

  override end(): Promise<void>
  override end(callback: (error: Error) => void): void
  override end(callback?: (error: Error) => void): Promise<void> | void {
    if (!this.socket.destroyed) {
      const timer = setTimeout(() => this.socket.destroy(), FAREWELL_MS)
      this.socket.once('close', () => clearTimeout(timer))
    }
    return callback === undefined ? super.end() : super.end(callback)
  }
}

/** The connections of one database, so that all can be closed even where the peer vanished without a word. */
export interface Clients {
  /** For pg's pool, and for whoever needs a connection alone. */
  readonly Client: new (
    config?: pg.ClientConfig,
  ) => Client
  /** Closes whatever is still open, saying nothing to the peer. */
  destroy(): void
}

export function trackClients(): Clients {
  const sockets = new Set<Socket>()
  return {
    Client: class extends Client {
      constructor(config?: pg.ClientConfig) {
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

/**
 * Tells after each second in which nothing came from the peer how many there were by now. They are counted, not
 * measured: a process that was stopped for a while has not listened.
 */
export function watchSilence({ socket }: Client, onSilence: (seconds: number) => void): Disposable {
  let heard = socket.bytesRead
  let seconds = 0
  const timer = setInterval(() => {
    seconds = socket.bytesRead === heard ? seconds + 1 : 0
    heard = socket.bytesRead
    if (seconds > 0) onSilence(seconds)
  }, SECOND_MS)
  timer.unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
