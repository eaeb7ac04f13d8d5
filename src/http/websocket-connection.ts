import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Fault } from '../fault.ts'
import type { Role } from '../graphql/role.ts'
import type { Logger } from '../log.ts'
import type { Consumer } from '../pull-queue.ts'
import { IncomingFrames } from './incoming-frames.ts'
import { maxPipelined, maxUnsentBytes } from './limits.ts'
import type { SharedResult } from './operations/shared-result.ts'
import { Places } from './places.ts'
import type { Reader, ReadTurns } from './read-turns.ts'
import type { SendBuffer, UnsentLimit } from './unsent-limit.ts'

/** Bytes. */
const LONGEST_REASON = 123

/** Bytes that are read and dropped after a refusal. */
const MOST_DROPPED = 1024 * 1024

/** What a client has asked for by an id, until it is over. */
export interface OpenOperation {
  /** To be called when the client wants no more of it, or is gone. */
  close(): void
}

interface ConnectionOptions {
  webSocket: WebSocket
  /** The socket under it. */
  socket: Duplex
  /** The caller's address. */
  client: string
  /** The header of the upgrade. */
  authorization: string | undefined
  /** Why its page may not send a token with `connection_init`; undefined if it may. */
  tokenRefusal: Fault | undefined
  unsentLimit: UnsentLimit
  readTurns: ReadTurns
  log: Logger
}

/** The connection to one client: the socket, and what the protocol keeps for it. There are thousands of them. */
export class WebSocketConnection implements SendBuffer, Reader {
  readonly client: string
  readonly frames: FrameWriter
  readonly incoming = new IncomingFrames()
  /** Bytes that came before `acknowledge`. */
  initBytes = 0
  /** When it was opened, in milliseconds on a clock that never jumps. */
  readonly opened = performance.now()
  /** The header of the upgrade, until `acknowledge`. */
  authorization: string | undefined
  /** Why its page may not send a token with `connection_init`; undefined if it may. */
  readonly tokenRefusal: Fault | undefined
  /** undefined until `acknowledge`. */
  role: Role | undefined
  /** Fires if the client never says who it is. */
  initTimeout: NodeJS.Timeout | undefined
  /** By their ids, which are taken as long as they are in the map. */
  readonly operations = new Map<string, OpenOperation>()
  /** Of operations that begin. While one waits for a place, nothing more is read of the connection. */
  readonly places: Places
  /** How many of the operations are subscriptions, with those that are over but still beginning. */
  subscriptions = 0
  /** Whether it has not answered the last ping. */
  #isSilent = false
  readonly #webSocket: WebSocket
  readonly #socket: Duplex
  readonly #unsentLimit: UnsentLimit
  readonly #readTurns: ReadTurns
  readonly #log: Logger

  constructor({
    webSocket,
    socket,
    client,
    unsentLimit,
    readTurns,
    log,
    ...caller
  }: ConnectionOptions) {
    this.client = client
    this.authorization = caller.authorization
    this.tokenRefusal = caller.tokenRefusal
    this.frames = new FrameWriter(webSocket, socket)
    this.#webSocket = webSocket
    this.#socket = socket
    this.#unsentLimit = unsentLimit
    this.#readTurns = readTurns
    this.places = new Places(maxPipelined, readTurns)
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

  /** Sends one message, or none if it is closing. */
  send(text: string): void {
    if (!this.isOpen) return
    this.#webSocket.send(text)
    this.#cutOffIfFull()
  }

  /** Reads more of it when its turn comes and no operation waits for a place. */
  readInTurn(): void {
    this.#readTurns.wait(this)
  }

  pause(): void {
    this.#webSocket.pause()
  }

  resume(): void {
    if (this.places.isFull) return
    // It may have answered while nothing was read.
    this.#isSilent = false
    this.#webSocket.resume()
  }

  /** Asks whether the client is still there. Cuts it off if it has not answered the last ping. */
  ping(): void {
    if (this.#isSilent && !this.places.isFull) this.#webSocket.terminate()
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

  /** The reason is ASCII. It may have 123 bytes; the rest is left out. */
  close(code: number, reason: string): void {
    this.#webSocket.close(code, reason.slice(0, LONGEST_REASON))
  }

  /** Closes it, and keeps nothing more of what it sends. */
  refuse(code: number, reason: string): void {
    refuseWebSocket(this.#webSocket, this.#socket, { code, reason })
  }

  /** Closes it without waiting for the client, and lets go of all that the client has sent. */
  cutOff(code: number, reason: string): void {
    this.close(code, reason)
    this.#webSocket.terminate()
  }

  get unsentBytes(): number {
    return this.#webSocket.bufferedAmount
  }

  terminate(): void {
    this.#webSocket.terminate()
  }

  /** To be called when not all that was sent has left. */
  noteUnsent(): void {
    if (this.isOpen) this.#unsentLimit.note(this)
  }

  /** Cuts off a client that never reads what it asked for, such as with a flood of pings. */
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
  // What the client still sends is dropped, so that it gets to read the reason; but not for ever.
  let left = MOST_DROPPED
  socket.removeAllListeners('data').on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) socket.destroy()
  })
  socket.resume()
  socket.end()
}

const nothing = Buffer.alloc(0)

/**
 * Writes what many sockets share, past ws and straight to the socket under it.
 *
 * ws takes a message as a whole. Those of a thousand subscribers differ in their id alone. Each would be put together
 * as a string, measured and encoded, with a callback to learn when it was sent. Here a message is one frame for all, in
 * which the id is written over. Our frames may stand between those of ws because ws writes each of its own at once and
 * whole: compression is off, and no Blob is ever sent.
 *
 * It is `DRAINED` while the socket holds nothing, and `FULL` otherwise. Takers that wait are told one after the other,
 * as long as it is `DRAINED`: each may fill it again.
 */
class FrameWriter {
  readonly #webSocket: WebSocket
  readonly #socket: Duplex
  /** The takers that wait for the socket to drain, the longest waiting first. */
  #waiting: Consumer[] | undefined

  constructor(webSocket: WebSocket, socket: Duplex) {
    this.#webSocket = webSocket
    this.#socket = socket
  }

  /** Whether everything that was sent so far has left this process. */
  get isDrained(): boolean {
    return this.#socket.writableLength === 0
  }

  /** Sends the `next` message of a subscription, its id as it stands in JSON. Nothing is sent on a closing socket. */
  send(id: string, result: SharedResult): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return
    const frame = result.frame(id)
    const { rest } = result
    if (rest === undefined) this.#socket.write(frame)
    else {
      this.#socket.cork()
      this.#socket.write(frame)
      this.#socket.write(rest)
      this.#socket.uncork()
    }
    if (!this.isDrained) result.giveAway()
  }

  /**
   * Calls the taker once everything that was sent has left, and no taker that came before has filled the socket again.
   * Never calls it if the socket breaks instead.
   */
  whenDrained(taker: Consumer): void {
    if (this.#waiting !== undefined) this.#waiting.push(taker)
    else {
      this.#waiting = [taker]
      this.#awaitDrain(this.#waiting)
    }
  }

  #awaitDrain(waiting: Consumer[]): void {
    this.#socket.write(nothing, (error) => {
      if (error) return
      while (this.isDrained) {
        const next = waiting.shift()
        if (next === undefined) {
          this.#waiting = undefined
          return
        }
        next.ready()
      }
      this.#awaitDrain(waiting)
    })
  }
}
