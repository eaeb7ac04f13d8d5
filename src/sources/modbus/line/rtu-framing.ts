import type { Framing } from './stream-port.ts'

/** Bytes that are kept while an answer is not whole: more than one answer, less than a flood. */
const MOST_BYTES = 1024

/**
 * RTU frames as they are, as gateways that pass serial bytes through TCP send them. What came before a request is no
 * answer to it, and is forgotten: another master on the same line may have asked.
 */
export function rtuFraming(): Framing {
  let request: Buffer | undefined
  let received = Buffer.alloc(0)
  return {
    wrap: (frame) => {
      request = frame
      received = Buffer.alloc(0)
      return frame
    },
    unwrap: (bytes) => {
      if (request === undefined) return undefined
      received = Buffer.concat([received, bytes]).subarray(-MOST_BYTES)
      const answer = findAnswer(received, request)
      if (answer !== undefined) request = undefined
      return answer
    },
  }
}

/** The bytes of an answer beside its data: unit, function, byte count, and a checksum of two bytes. */
const ANSWER_FRAME = 5
/** Unit, function with its highest bit set, exception, checksum. */
const EXCEPTION_BYTES = 5

/** Modbus' checksum of bytes (CRC-16, polynomial A001 reversed, beginning with FFFF); sent low byte first. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1
  }
  return crc
}

/** Whether the last two bytes of a frame are the checksum of those before. */
export function hasChecksum(frame: Buffer): boolean {
  const end = frame.length - 2
  return end > 0 && frame.readUInt16LE(end) === crc16(frame.subarray(0, end))
}

/**
 * Returns the answer to a request (function 03) among the bytes that came, or undefined while it is not whole. Bytes
 * before it, such as noise of the line or frames of another master, are passed over. If the only frame among them that
 * begins as the answer does has a wrong checksum, it is returned all the same: whoever gets it checks it, too, and says
 * so.
 */
export function findAnswer(bytes: Buffer, request: Buffer): Buffer | undefined {
  const length = ANSWER_FRAME + 2 * request.readUInt16BE(4)
  const unit = request[0]
  const code = request[1] ?? 0
  let damaged: Buffer | undefined
  let isPending = false
  for (let at = 0; at + EXCEPTION_BYTES <= bytes.length; at += 1) {
    if (bytes[at] !== unit) continue
    const isException = bytes[at + 1] === (code | 0x80)
    if (!isException && bytes[at + 1] !== code) continue
    const end = at + (isException ? EXCEPTION_BYTES : length)
    if (end > bytes.length) {
      isPending = true
      continue
    }
    const frame = bytes.subarray(at, end)
    if (hasChecksum(frame)) return frame
    damaged ??= frame
  }
  return isPending ? undefined : damaged
}
