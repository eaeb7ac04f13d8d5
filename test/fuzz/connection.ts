import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { HttpAnswer } from './exchange.ts'

/** A TCP connection on which anything may be written; what comes is kept until it is taken. */
export class Connection implements Disposable {
  readonly #socket: Socket
  readonly #signal: AbortSignal
  #received: Buffer = Buffer.alloc(0)
  #changed = Promise.withResolvers<void>()
  #isEnded = false

  private constructor(socket: Socket, signal: AbortSignal) {
    this.#socket = socket
    this.#signal = signal
    socket.on('data', (bytes: Buffer) => {
      this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes])
      this.#wake()
    })
    socket.on('error', () => {}) // Its close tells.
    socket.once('close', () => this.#end())
    socket.once('end', () => this.#end())
    signal.addEventListener('abort', this.#abort, { once: true })
  }

  /** Resolves once it is connected; what ends it before is told when something is awaited. */
  static async open(url: string, signal: AbortSignal): Promise<Connection> {
    const { hostname, port } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    const connection = new Connection(socket, signal)
    await Promise.race([
      once(socket, 'connect', { signal }),
      once(socket, 'close', { signal }),
    ]).catch(
      () => {}, // Refused: it is ended.
    )
    return connection
  }

  /** Whether the other side writes no more. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  /** What has come and was not taken. */
  get received(): Buffer {
    return this.#received
  }

  take(bytes: number): Buffer {
    const taken = this.#received.subarray(0, bytes)
    this.#received = this.#received.subarray(bytes)
    return taken
  }

  write(bytes: Buffer | string): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes)
  }

  /** Writes no more, and goes on reading. */
  end(): void {
    this.#socket.end()
  }

  /** Resolves when more has come or the other side has ended; rejects where the operation takes too long. */
  async more(): Promise<void> {
    this.#signal.throwIfAborted()
    if (this.#isEnded) return
    await this.#changed.promise
    this.#signal.throwIfAborted()
  }

  [Symbol.dispose](): void {
    this.#signal.removeEventListener('abort', this.#abort)
    this.#socket.destroy()
  }

  #abort = (): void => this.#wake()

  #end(): void {
    this.#isEnded = true
    this.#wake()
  }

  #wake(): void {
    const { resolve } = this.#changed
    this.#changed = Promise.withResolvers()
    resolve()
  }
}

/**
 * Takes the next response to a request with the given method, once it is whole; undefined where the connection ends before.
 */
export async function nextResponse(
  connection: Connection,
  method: string,
): Promise<HttpAnswer | undefined> {
  for (;;) {
    const whole = parseResponse(connection.received, method, connection.isEnded)
    if (whole !== undefined) {
      connection.take(whole.length)
      if (whole.answer.status >= 200 || whole.answer.status === 101) return whole.answer
    } else {
      if (connection.isEnded) return undefined
      await connection.more()
    }
  }
}

function parseResponse(
  bytes: Buffer,
  method: string,
  isEnded: boolean,
): { answer: HttpAnswer; length: number } | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const head = bytes.subarray(0, headEnd).toString('latin1')
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1])
  const header = (name: string) =>
    new RegExp(`^${name}: *(.*?) *$`, 'im').exec(head)?.[1]?.toLowerCase()
  const answer = (body: string): HttpAnswer => {
    const type = header('content-type') ?? ''
    return { kind: 'http', method, status, type, body }
  }
  const start = headEnd + 4
  const hasBody = method !== 'HEAD' && status >= 200 && status !== 204 && status !== 304
  if (!hasBody) return { answer: answer(''), length: start }
  if (header('transfer-encoding')?.includes('chunked')) {
    const end = bytes.indexOf('\r\n0\r\n\r\n', headEnd)
    if (end < 0)
      return isEnded ? { answer: answer(textOf(bytes, start)), length: bytes.length } : undefined
    const text = bytes
      .subarray(start, end)
      .toString()
      .replaceAll(/(?:^|\r\n)[0-9a-f]+\r\n/gi, '')
    return { answer: answer(text), length: end + 7 }
  }
  const length = header('content-length')
  if (length === undefined) {
    return isEnded ? { answer: answer(textOf(bytes, start)), length: bytes.length } : undefined
  }
  const end = start + Number(length)
  if (bytes.length < end) return undefined
  return { answer: answer(bytes.subarray(start, end).toString()), length: end }
}

function textOf(bytes: Buffer, from: number): string {
  return bytes.subarray(from).toString()
}
