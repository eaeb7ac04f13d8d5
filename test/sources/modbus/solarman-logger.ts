import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import { openScriptedServer } from './modbus-server.ts'
import type { Inverter } from './registers.ts'

/** Not typed by the package; returns a number for any bytes. */
const crc16: (bytes: Uint8Array) => number = createRequire(import.meta.url)(
  'modbus-serial/utils/crc16',
)

/** What a logger may do with a question. */
export type Behaviour =
  | 'answer'
  | 'double the checksum'
  | 'send a heartbeat first'
  | 'answer the last question first'
  | 'answer byte by byte'
  | 'answer with an exception'
  | 'answer of another unit'
  | 'answer with a wrong checksum'
  | 'answer with a wrong Modbus checksum'
  | 'say that no inverter answers'
  | 'say that the serial number is another'
  | 'send nothing of the inverter'
  | 'send noise first'
  | 'be silent'
  | 'hang up'

/** What a question says, field by field. */
export interface Question {
  control: number
  sequence: number
  serial: number
  frameType: number
  unitId: number
  code: number
  first: number
  count: number
}

export interface SolarmanLogger extends AsyncDisposable {
  readonly port: number
  readonly serial: number
  words: Inverter
  behaviour: Behaviour
  readonly questions: readonly Question[]
  readonly connections: number
  readonly sockets: ReadonlySet<Socket>
}

/** A Solarman logger in front of an inverter with the unit id 1. */
export async function openLogger(serial: number, words: Inverter): Promise<SolarmanLogger> {
  const questions: Question[] = []
  let counted = 0
  let lastAnswer: Buffer | undefined

  const server = await openScriptedServer((socket, data) => {
    // Header 11, payload 15 before the Modbus frame of 8, trailer 2.
    if (data.length !== 36 || data[0] !== 0xa5 || data[35] !== 0x15) {
      throw new Error(`Not a question: ${data.toString('hex')}`)
    }
    if (data.readUInt16LE(1) !== 23) throw new Error('The length of the payload is wrong')
    if (data[34] !== sumOf(data.subarray(1, 34))) throw new Error('The checksum is wrong')
    const modbus = data.subarray(26, 34)
    if (crc16(modbus.subarray(0, 6)) !== modbus.readUInt16LE(6)) throw new Error('The CRC is wrong')
    const question = {
      control: data.readUInt16LE(3),
      sequence: data.readUInt8(5),
      serial: data.readUInt32LE(7),
      frameType: data.readUInt8(11),
      unitId: modbus.readUInt8(0),
      code: modbus.readUInt8(1),
      first: modbus.readUInt16BE(2),
      count: modbus.readUInt16BE(4),
    }
    questions.push(question)
    respond(socket, question)
  })

  const frame = (control: number, sequence: number, from: number, payload: Buffer) => {
    counted = (counted + 1) & 0xff
    const header = Buffer.alloc(11)
    header.writeUInt8(0xa5, 0)
    header.writeUInt16LE(payload.length, 1)
    header.writeUInt16LE(control, 3)
    header.writeUInt8(sequence, 5)
    header.writeUInt8(counted, 6)
    header.writeUInt32LE(from, 7)
    const bytes = Buffer.concat([header, payload])
    return Buffer.concat([bytes, Buffer.from([sumOf(bytes.subarray(1)), 0x15])])
  }
  const response = (sequence: number, modbus: Buffer, from = serial) => {
    const head = Buffer.alloc(14)
    head.writeUInt8(0x02, 0)
    head.writeUInt8(0x01, 1)
    head.writeUInt32LE(43_000_000, 2)
    head.writeUInt32LE(86_400, 6)
    head.writeUInt32LE(1_700_000_000, 10)
    return frame(0x1510, sequence, from, Buffer.concat([head, modbus]))
  }

  const respond = (socket: Socket, { sequence, unitId, code, first, count }: Question): void => {
    const body = Buffer.alloc(3 + 2 * count)
    body.writeUInt8(unitId, 0)
    body.writeUInt8(code, 1)
    body.writeUInt8(2 * count, 2)
    for (let index = 0; index < count; index += 1) {
      body.writeUInt16BE(logger.words[first + index] ?? 0, 3 + 2 * index)
    }
    const answer = response(sequence, withCrc(body))
    const before = lastAnswer
    lastAnswer = answer
    switch (logger.behaviour) {
      case 'answer':
        return void socket.write(answer)
      case 'double the checksum':
        return void socket.write(response(sequence, withCrc(withCrc(body))))
      case 'send a heartbeat first':
        return void socket.write(
          Buffer.concat([frame(0x4710, sequence, serial, Buffer.from([0])), answer]),
        )
      case 'answer the last question first':
        return void socket.write(Buffer.concat([before ?? Buffer.alloc(0), answer]))
      case 'answer byte by byte':
        for (const byte of answer) socket.write(Buffer.from([byte]))
        return
      case 'answer with an exception':
        return void socket.write(response(sequence, withCrc(Buffer.from([unitId, code | 0x80, 2]))))
      case 'answer of another unit':
        body.writeUInt8(unitId + 1, 0)
        return void socket.write(response(sequence, withCrc(body)))
      case 'answer with a wrong checksum':
        answer.writeUInt8((answer.readUInt8(answer.length - 2) + 1) & 0xff, answer.length - 2)
        return void socket.write(answer)
      case 'answer with a wrong Modbus checksum': {
        const modbus = withCrc(body)
        modbus.writeUInt8(modbus.readUInt8(modbus.length - 1) ^ 1, modbus.length - 1)
        return void socket.write(response(sequence, modbus))
      }
      case 'say that no inverter answers':
        return void socket.write(response(sequence, Buffer.from([0x05, 0x00])))
      case 'say that the serial number is another':
        return void socket.write(response(sequence, Buffer.from([0x06, 0x00]), serial + 1))
      case 'send nothing of the inverter':
        return void socket.write(response(sequence, Buffer.alloc(0)))
      case 'send noise first':
        return void socket.write(Buffer.concat([Buffer.from('00a5ff15', 'hex'), answer]))
      case 'be silent':
        return
      case 'hang up':
        return void socket.destroy()
    }
  }

  const logger: SolarmanLogger = {
    ...{ port: server.port, serial, words, behaviour: 'answer', questions },
    sockets: server.sockets,
    get connections() {
      return server.connections
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
  return logger
}

/** With the checksum of all of it behind it. */
function withCrc(bytes: Buffer): Buffer {
  const crc = Buffer.alloc(2)
  crc.writeUInt16LE(crc16(bytes))
  return Buffer.concat([bytes, crc])
}

function sumOf(bytes: Buffer): number {
  let sum = 0
  for (const byte of bytes) sum += byte
  return sum % 256
}
