import { connect, type Socket } from 'node:net'

/** A WebSocket by hand, which sends what it likes in as many pieces as it likes. */
export interface RawWebSocket extends Disposable {
  readonly socket: Socket
  /** The messages that came, parsed. */
  readonly received: unknown[]
  /** Resolves with the code of the close frame, or 1006 if the connection ended without one. */
  readonly closed: Promise<number>
  /** Sends frames in one write. */
  write(...frames: Buffer[]): void
}

export interface FrameOptions {
  /** 0 continues a message, 1 begins a text, 8 closes, 9 is a ping. */
  opcode?: number
  isFinal?: boolean
  /** Of the payload, if only its beginning is in the frame. */
  length?: number
}

/** A frame of a client; its mask is nought, so that the payload stays as it is. */
export function frame(payload: string | object | Buffer, options: FrameOptions = {}): Buffer {
  const text = typeof payload === 'string' || Buffer.isBuffer(payload)
  const bytes = Buffer.from(text ? payload : JSON.stringify(payload))
  const { opcode = 1, isFinal = true, length = bytes.length } = options
  const header = Buffer.alloc(14)
  header[0] = (isFinal ? 0x80 : 0) | opcode
  let size = 2
  if (length < 126) header[1] = 0x80 | length
  else if (length < 65_536) {
    header[1] = 0x80 | 126
    header.writeUInt16BE(length, 2)
    size = 4
  } else {
    header[1] = 0x80 | 127
    header.writeBigUInt64BE(BigInt(length), 2)
    size = 10
  }
  return Buffer.concat([header.subarray(0, size + 4), bytes])
}

/** The request for an upgrade. */
export function upgradeOf({ port }: { port: number }): string {
  return [
    'GET /graphql HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${btoa('0123456789abcdef')}`,
    'Sec-WebSocket-Protocol: graphql-transport-ws',
    '\r\n',
  ].join('\r\n')
}

/** Connects; `first` is sent in the same write as the upgrade. */
export async function openRawWebSocket(
  server: { port: number },
  ...first: Buffer[]
): Promise<RawWebSocket> {
  const socket = connect(server.port, '127.0.0.1')
  const received: unknown[] = []
  const upgraded = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<number>()
  let bytes = Buffer.alloc(0)
  let isUpgraded = false
  let code = 1006

  function readFrame(): boolean {
    if (bytes.length < 2) return false
    const short = bytes.readUInt8(1)
    const start = short === 126 ? 4 : short === 127 ? 10 : 2
    if (bytes.length < start) return false
    const length =
      short === 126
        ? bytes.readUInt16BE(2)
        : short === 127
          ? Number(bytes.readBigUInt64BE(2))
          : short
    if (bytes.length < start + length) return false
    const payload = bytes.subarray(start, start + length)
    const opcode = bytes.readUInt8(0) & 0x0f
    if (opcode === 1) received.push(JSON.parse(payload.toString()))
    if (opcode === 8) code = length < 2 ? 1005 : payload.readUInt16BE(0)
    bytes = bytes.subarray(start + length)
    return true
  }

  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk])
    if (!isUpgraded) {
      const end = bytes.indexOf('\r\n\r\n')
      if (end < 0) return
      isUpgraded = true
      bytes = bytes.subarray(end + 4)
      upgraded.resolve()
    }
    while (readFrame());
  })
  socket.on('error', () => {}) // The close tells.
  socket.on('end', () => socket.end())
  socket.on('close', () => {
    upgraded.resolve()
    ended.resolve(code)
  })
  socket.write(Buffer.concat([Buffer.from(upgradeOf(server)), ...first]))
  await upgraded.promise
  return {
    socket,
    received,
    closed: ended.promise,
    write: (...frames) => void socket.write(Buffer.concat(frames)),
    [Symbol.dispose]: () => socket.destroy(),
  }
}
