import type { Connection } from './connection.ts'
import type { Random } from './random.ts'

/** RFC 6455, section 5.2. */
export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

interface Frame {
  opcode: number
  payload: Buffer
  fin?: boolean
  masked?: boolean
  reservedBits?: number
  /** Said instead of the true length. */
  length?: number
}

/** A frame as a client writes it, or as none should. */
export function frame({
  opcode,
  payload,
  fin = true,
  masked = true,
  reservedBits = 0,
  length,
}: Frame): Buffer {
  const said = length ?? payload.length
  const head = Buffer.alloc(said < 126 ? 2 : said < 2 ** 16 ? 4 : 10)
  head[0] = (fin ? 128 : 0) | (reservedBits << 4) | opcode
  head[1] = (masked ? 128 : 0) | (said < 126 ? said : said < 2 ** 16 ? 126 : 127)
  if (head.length === 4) head.writeUInt16BE(said, 2)
  if (head.length === 10) head.writeBigUInt64BE(BigInt(said), 2)
  if (!masked) return Buffer.concat([head, payload])
  const mask = Buffer.from([0x37, 0xfa, 0x21, 0x3d])
  const hidden = Buffer.alloc(payload.length)
  for (let index = 0; index < payload.length; index++) {
    hidden[index] = (payload[index] ?? 0) ^ (mask[index % 4] ?? 0)
  }
  return Buffer.concat([head, mask, hidden])
}

/** A message as one frame. */
export function textFrame(text: string): Buffer {
  return frame({ opcode: opcode.text, payload: Buffer.from(text) })
}

/** A message in several frames, with a ping between two of them at times. */
export function fragments(random: Random, text: string): Buffer {
  const bytes = Buffer.from(text)
  const each = Math.max(1, Math.ceil(bytes.length / random.size(50)))
  const parts: Buffer[] = []
  for (let from = 0; from < bytes.length || from === 0; from += each) {
    const fin = from + each >= bytes.length
    const payload = bytes.subarray(from, from + each)
    parts.push(frame({ opcode: from === 0 ? opcode.text : opcode.continuation, payload, fin }))
    if (!fin && random.chance(0.1))
      parts.push(frame({ opcode: opcode.ping, payload: Buffer.from('x') }))
  }
  return Buffer.concat(parts)
}

/** Bytes that break RFC 6455: the server must close, and live on. */
export function brokenFrame(random: Random): Buffer {
  const payload = Buffer.from('{"type":"ping"}')
  const text = opcode.text
  return random.pick<() => Buffer>([
    () => frame({ opcode: text, payload, masked: false }),
    () => frame({ opcode: text, payload, reservedBits: random.integer(1, 7) }),
    () => frame({ opcode: random.pick([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]), payload }),
    () => frame({ opcode: opcode.continuation, payload }),
    () =>
      Buffer.concat([frame({ opcode: text, payload, fin: false }), textFrame('{"type":"ping"}')]),
    () => frame({ opcode: opcode.ping, payload: Buffer.alloc(126) }),
    () => frame({ opcode: opcode.ping, payload, fin: false }),
    () => frame({ opcode: text, payload: Buffer.from([0xff, 0xc0, 0xaf]) }),
    () => frame({ opcode: text, payload, length: 2 ** 23 + 1 }),
    () => frame({ opcode: text, payload, length: 2 ** 32 }),
    () => frame({ opcode: text, payload, length: Number.MAX_SAFE_INTEGER }),
    () => frame({ opcode: opcode.close, payload: Buffer.from([3]) }),
    () => closeFrame(random.pick([0, 999, 1004, 1005, 1006, 1015, 2999, 65_535]), ''),
    () => frame({ opcode: opcode.close, payload: Buffer.from([3, 232, 0xff, 0xfe]) }),
    () => Buffer.from(Array.from({ length: random.size(300) }, () => random.integer(0, 255))),
  ])()
}

export function closeFrame(code: number, reason: string): Buffer {
  const payload = Buffer.alloc(2 + Buffer.byteLength(reason))
  payload.writeUInt16BE(code, 0)
  payload.write(reason, 2)
  return frame({ opcode: opcode.close, payload })
}

export type Incoming =
  | { kind: 'text'; text: string }
  | { kind: 'close'; code: number; reason: string }

/** Takes what has come whole: messages and the close; pings and pongs of the frames are passed over. */
export function takeFrames(connection: Connection): Incoming[] {
  const taken: Incoming[] = []
  for (;;) {
    const { received } = connection
    const [first, second] = received
    if (first === undefined || second === undefined) return taken
    const short = second & 127
    const headLength = short === 126 ? 4 : short === 127 ? 10 : 2
    if (received.length < headLength) return taken
    const length =
      short === 126
        ? received.readUInt16BE(2)
        : short === 127
          ? Number(received.readBigUInt64BE(2))
          : short
    if (received.length < headLength + length) return taken
    const payload = connection.take(headLength + length).subarray(headLength)
    const kind = first & 15
    // The server sends every message in one frame.
    if (kind === opcode.text) taken.push({ kind: 'text', text: payload.toString() })
    if (kind === opcode.close) {
      const code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005
      taken.push({ kind: 'close', code, reason: payload.subarray(2).toString() })
    }
  }
}
