import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Role } from '../graphql/role.ts'
import type { Logger } from '../log.ts'
import { FrameWriter } from './frame-writer.ts'
import { IncomingFrames } from './incoming-frames.ts'
import { maxUnsentBytes } from './limits.ts'
import type { Sender, Unsent } from './unsent-limit.ts'

/** Bytes. */
const LONGEST_REASON = 123

/** What a client has asked for by an id, until it is over. */
export interface Operation {
  /** The client wants no more of it, or is gone. */
  close(): void
}

export interface ConnectionOptions {
  webSocket: WebSocket
  /** The one under it. */
  socket: Duplex
  /** The caller's address. */
  client: string
  /** The header of the upgrade. */
  authorization: string | undefined
  unsent: Unsent
  log: Logger
}

/** The connection to one client: the socket, and what the protocol keeps of it. There are thousands of these. */
export class WebSocketConnection implements Sender {
  readonly client: string
  readonly frames: FrameWriter
  readonly incoming = new IncomingFrames()
  /** Bytes that came before it was known who is there. */
  initBytes = 0
  /** When it came, in milliseconds on a clock that never jumps. */
  readonly opened = performance.now()
  /** The header of the upgrade, until the client has said who it is. */
  authorization: string | undefined
  /** undefined until then. */
  role: Role | undefined
  /** Goes off if it never does. */
  initTimeout: NodeJS.Timeout | undefined
  /** By their ids, which are taken while they are here. */
  readonly operations = new Map<string, Operation>()
  /** Those of the operations that are subscriptions, and those that are over but still begin. */
  subscriptions = 0
  /** Whether it has yet to answer a ping. */
  #isSilent = false
  readonly #webSocket: WebSocket
  readonly #socket: Duplex
  readonly #unsent: Unsent
  readonly #log: Logger

  constructor({ webSocket, socket, client, authorization, unsent, log }: ConnectionOptions) {
    this.client = client
    this.authorization = authorization
    this.frames = new FrameWriter(webSocket, socket)
    this.#webSocket = webSocket
    this.#socket = socket
    this.#unsent = unsent
    this.#log = log
  }

  /** Whether neither side has begun to close it. */
  get isOpen(): boolean {
    return this.#webSocket.readyState === this.#webSocket.OPEN
  }

  /** The client has said who it is. */
  acknowledge(role: Role): void {
    this.role = role
    this.authorization = undefined
    clearTimeout(this.initTimeout)
    this.initTimeout = undefined
  }

  /** Sends one message; none once it closes. */
  send(text: string): void {
    if (!this.isOpen) return
    this.#webSocket.send(text)
    this.#cutOffIfFull()
  }

  /** Asks whether the client is there still; cuts it off if it has not answered the last time. */
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
    if (!this.isOpen) return
    this.#webSocket.pong(data)
    this.#cutOffIfFull()
  }

  noteError(error: Error): void {
    this.#log.debug({ err: error, client: this.client }, 'websocket error')
  }

  /** The reason is ASCII; it may have 123 bytes, and what is more is left out. */
  close(code: number, reason: string): void {
    this.#webSocket.close(code, reason.slice(0, LONGEST_REASON))
  }

  /** Closes it, and keeps nothing more of what it sends. */
  refuse(code: number, reason: string): void {
    refuseWebSocket(this.#webSocket, this.#socket, { code, reason })
  }

  /** Closes it without waiting for the client, and lets go of all that it has sent. */
  cutOff(code: number, reason: string): void {
    this.close(code, reason)
    this.#webSocket.terminate()
  }

  get unsentBytes(): number {
    return this.#webSocket.bufferedAmount
  }

  giveUp(): void {
    this.#webSocket.terminate()
  }

  /** To be called when not all that was sent has left. */
  noteUnsent(): void {
    if (this.isOpen) this.#unsent.note(this)
  }

  /** Whoever asks and never reads the answers, as by a flood of pings, ends here. */
  #cutOffIfFull(): void {
    const { bufferedAmount } = this.#webSocket
    if (bufferedAmount > 0) this.noteUnsent()
    if (bufferedAmount <= maxUnsentBytes || this.#webSocket.readyState === this.#webSocket.CLOSED)
      return
    this.#log.warn(
      { client: this.client, bytes: bufferedAmount },
      'a websocket that does not read is cut off',
    )
    this.#webSocket.terminate()
  }
}

/** Closes a WebSocket by way of the socket under it, and keeps nothing more of what the client sends. */
export function refuseWebSocket(
  webSocket: WebSocket,
  socket: Duplex,
  { code, reason }: { code: number; reason: string },
): void {
  webSocket.close(code, reason.slice(0, LONGEST_REASON))
  // What is on its way is dropped, so that the client comes to read why.
  socket.removeAllListeners('data')
  socket.resume()
  socket.end()
}
