import { AsyncLocalStorage } from 'node:async_hooks'
import type { Duplex } from 'node:stream'
import { CloseCode, type Context, type WebSocket as ProtocolSocket } from 'graphql-ws'
import type { WebSocket } from 'ws'
import type { Role } from '../graphql/role.ts'
import type { Logger } from '../log.ts'
import { FrameWriter } from './frame-writer.ts'
import { maxUnsentBytes } from './limits.ts'
import type { SubscriptionSender } from './subscription-sender.ts'

/** What the protocol knows of a connection, and what is known beside it. */
export type ConnectionContext = Context<Record<string, unknown> | undefined, WebSocketConnection>

export interface ConnectionOptions {
  webSocket: WebSocket
  /** The one under it. */
  socket: Duplex
  /** The caller's address, for the log. */
  client: string
  /** The header of the upgrade. */
  authorization: string | undefined
  log: Logger
}

/** What the message that is being handled has led to. */
const handling = new AsyncLocalStorage<{ delivery?: SubscriptionSender }>()

/** The connection to one client: the socket that graphql-ws speaks through, and what is known of who is there. */
export class WebSocketConnection implements ProtocolSocket {
  readonly protocol: string
  readonly client: string
  readonly authorization: string | undefined
  readonly frames: FrameWriter
  /** Set once the client has said who it is. */
  role: Role | undefined
  subscriptions = 0
  /** When it came, in milliseconds on a clock that never jumps. */
  readonly opened = performance.now()
  /** Whether it has yet to answer a ping. */
  #isSilent = false
  readonly #webSocket: WebSocket
  readonly #log: Logger
  #receive: ((text: string) => Promise<void>) | undefined

  constructor({ webSocket, socket, client, authorization, log }: ConnectionOptions) {
    this.protocol = webSocket.protocol
    this.client = client
    this.authorization = authorization
    this.frames = new FrameWriter(webSocket, socket)
    this.#webSocket = webSocket
    this.#log = log
  }

  send(text: string): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return
    this.#webSocket.send(text)
    this.#cutOffWhereFull()
  }

  /** Asks whether it is there still; cuts it off where it has not answered the last time. */
  ping(): void {
    if (this.#isSilent) this.#webSocket.terminate()
    else {
      this.#isSilent = true
      this.#webSocket.ping()
    }
  }

  noteAnswer(): void {
    this.#isSilent = false
  }

  answerPing(data: Buffer): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return
    this.#webSocket.pong(data)
    this.#cutOffWhereFull()
  }

  noteError(error: Error): void {
    this.#log.debug({ err: error, client: this.client }, 'websocket error')
  }

  close(code: number, reason: string): void {
    this.#webSocket.close(code, reason)
  }

  onMessage(receive: (text: string) => Promise<void>): void {
    this.#receive = receive
  }

  /** Handles one message, and begins the delivery that it asked for. */
  async receive(text: string): Promise<void> {
    const led: { delivery?: SubscriptionSender } = {}
    try {
      await handling.run(led, () => this.#receive?.(text))
      led.delivery?.begin()
    } catch (error) {
      this.#log.error(
        { err: error, client: this.client },
        'a websocket message failed unexpectedly',
      )
      this.close(CloseCode.InternalServerError, 'Unexpected error')
    }
  }

  /** Whoever asks and never reads the answers, as by a flood of pings, ends here. */
  #cutOffWhereFull(): void {
    const { bufferedAmount } = this.#webSocket
    if (bufferedAmount <= maxUnsentBytes || this.#webSocket.readyState === this.#webSocket.CLOSED)
      return
    this.#log.warn(
      { client: this.client, bytes: bufferedAmount },
      'a websocket that does not read is cut off',
    )
    this.#webSocket.terminate()
  }
}

/** The delivery begins when the message that is being handled has been. */
export function beginAfterHandling(delivery: SubscriptionSender): void {
  const led = handling.getStore()
  if (led === undefined) throw new Error('A subscription came outside of a message')
  led.delivery = delivery
}
