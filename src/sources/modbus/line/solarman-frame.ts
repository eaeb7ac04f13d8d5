/**
 * The frames of Solarman loggers ("V5"), as jmccrohan/pysolarmanv5 describes them in docs/solarmanv5_protocol.rst.
 * Little endian, but for the Modbus frame inside:
 *
 *     A5 | length of the payload, 2 | control, 2 | sequence, 2 | serial number, 4 | payload | checksum | 15
 */
export interface SolarmanFrame {
  /** What it is: `CONTROL.request` and so on. */
  control: number
  /** A response repeats the low byte of its request; the logger counts the high byte by itself. */
  sequence: number
  /** Of the logger, as it is printed on it. */
  serial: number
  payload: Buffer
}

export const CONTROL = { request: 0x4510, response: 0x1510, heartbeat: 0x4710 } as const

const START = 0xa5
const END = 0x15
const HEADER = 11
const TRAILER = 2
/** Bytes: a Modbus frame has at most 256, with some 20 around it. A longer one is no frame. */
const LONGEST_PAYLOAD = 512

/** Before the Modbus frame: frame type 02 (inverter), sensor type, and three times that a request leaves at 0. */
const REQUEST_HEAD = Buffer.from([0x02, ...new Array(14).fill(0)])
/** Before the Modbus frame: frame type, status, working time, power-on time, offset of time. */
const RESPONSE_HEAD = 14

/** Returns the bytes of a frame. */
export function encodeFrame({ control, sequence, serial, payload }: SolarmanFrame): Buffer {
  const bytes = Buffer.alloc(HEADER + payload.length + TRAILER)
  bytes.writeUInt8(START, 0)
  bytes.writeUInt16LE(payload.length, 1)
  bytes.writeUInt16LE(control, 3)
  bytes.writeUInt16LE(sequence, 5)
  bytes.writeUInt32LE(serial, 7)
  payload.copy(bytes, HEADER)
  bytes.writeUInt8(checksumOf(bytes), bytes.length - 2)
  bytes.writeUInt8(END, bytes.length - 1)
  return bytes
}

/** Returns the payload that asks the inverter behind the logger. */
export function requestPayload(modbus: Buffer): Buffer {
  return Buffer.concat([REQUEST_HEAD, modbus])
}

/**
 * What a response brings: the inverter's Modbus frame, or the logger's own code that says why it has none. Loggers send
 * 05 if the inverter did not answer what was asked (jmccrohan/pysolarmanv5#6), and 06 if the serial number is not
 * theirs (kbialek/deye-inverter-mqtt#21).
 */
export type SolarmanAnswer = { modbus: Buffer } | { code: number | undefined }

/** Shorter ones are no Modbus frame. */
const SHORTEST_MODBUS = 5

/** Reads the payload of a response. */
export function readResponse(payload: Buffer): SolarmanAnswer {
  const modbus = payload.subarray(RESPONSE_HEAD)
  if (payload[0] === 0x02 && modbus.length >= SHORTEST_MODBUS)
    return { modbus: withoutSecondChecksum(modbus) }
  return { code: modbus[0] }
}

/**
 * Some loggers append the checksum of frame and checksum, which is 0. Function 03 says how many bytes of data follow,
 * and so where the frame ends.
 */
function withoutSecondChecksum(modbus: Buffer): Buffer {
  const isException = ((modbus[1] ?? 0) & 0x80) !== 0
  const length = isException ? SHORTEST_MODBUS : 5 + (modbus[2] ?? 0)
  const isDoubled = modbus.length === length + 2 && modbus.readUInt16LE(length) === 0
  return isDoubled ? modbus.subarray(0, length) : modbus
}

/** What was found in the bytes: a frame, or what began like one. */
export type Found = SolarmanFrame | 'damaged'

/** Finds the frames in a stream of bytes, wherever it is cut. */
export class FrameReader {
  #bytes: Buffer = Buffer.alloc(0)

  /** Takes what came, and returns what it completed. */
  push(bytes: Buffer): Found[] {
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    const found: Found[] = []
    for (;;) {
      const start = this.#bytes.indexOf(START)
      this.#bytes = start < 0 ? Buffer.alloc(0) : this.#bytes.subarray(start)
      if (this.#bytes.length < HEADER) return found
      const length = this.#bytes.readUInt16LE(1)
      const size = HEADER + length + TRAILER
      if (length <= LONGEST_PAYLOAD && this.#bytes.length < size) return found
      const bytes = this.#bytes.subarray(0, size)
      const isWhole = length <= LONGEST_PAYLOAD && isFrame(bytes)
      if (isWhole) found.push(decodeFrame(bytes))
      // A5 is also a byte of data: only that of a frame that ends as it should says that the bytes are damaged.
      else if (length <= LONGEST_PAYLOAD && bytes.at(-1) === END) found.push('damaged')
      this.#bytes = this.#bytes.subarray(isWhole ? size : 1)
    }
  }
}

function isFrame(bytes: Buffer): boolean {
  return bytes.at(-1) === END && bytes.at(-2) === checksumOf(bytes)
}

function decodeFrame(bytes: Buffer): SolarmanFrame {
  return {
    control: bytes.readUInt16LE(3),
    sequence: bytes.readUInt16LE(5),
    serial: bytes.readUInt32LE(7),
    payload: Buffer.from(bytes.subarray(HEADER, -TRAILER)),
  }
}

/** The sum of all bytes between start and checksum, modulo 256. */
function checksumOf(bytes: Buffer): number {
  return bytes.subarray(1, -TRAILER).reduce((sum, byte) => (sum + byte) & 0xff, 0)
}
