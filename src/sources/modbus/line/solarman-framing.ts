import { randomInt } from 'node:crypto'
import { Fault } from '../../../fault.ts'
import {
  CONTROL,
  encodeFrame,
  FrameReader,
  readResponse,
  requestPayload,
} from './solarman-frame.ts'
import type { Framing } from './stream-port.ts'

/**
 * Modbus frames inside those of a Solarman logger. A response counts if it has the sequence of the last request; others
 * are late answers, or the logger's heartbeats. Throws a `Fault` for a damaged frame, for a response that says that the
 * logger has another serial number, and for one without the inverter's answer.
 */
export function solarmanFraming(serial: number): Framing {
  const reader = new FrameReader()
  let sequence = randomInt(0x100)
  let isWaiting = false
  return {
    wrap: (request) => {
      sequence = (sequence + 1) & 0xff
      isWaiting = true
      const payload = requestPayload(request)
      return encodeFrame({ control: CONTROL.request, sequence, serial, payload })
    },
    unwrap: (bytes) => {
      for (const found of reader.push(bytes)) {
        if (!isWaiting) continue
        if (found === 'damaged') {
          throw new Fault(
            'SOURCE_INVALID',
            'Expected a Solarman V5 frame, got one with a wrong checksum',
          )
        }
        const isLate = (found.sequence & 0xff) !== sequence
        if (found.control !== CONTROL.response || isLate) continue
        isWaiting = false
        if (found.serial !== serial) throw otherSerial(serial, found.serial)
        const answer = readResponse(found.payload)
        if ('modbus' in answer) return answer.modbus
        throw noAnswer(answer.code)
      }
      return undefined
    },
  }
}

function otherSerial(expected: number, got: number): Fault {
  return new Fault(
    'SOURCE_INVALID',
    `Expected the logger with the serial number ${expected}, got an answer of ${got}. ` +
      'Put the number that is printed on the logger into "serial"; it is not that of the inverter.',
  )
}

function noAnswer(code: number | undefined): Fault {
  const shown = code === undefined ? 'an empty one' : `code ${code.toString(16).padStart(2, '0')}`
  const cause =
    code === 0x06
      ? 'It says so if the serial number is not its own: check "serial".'
      : 'It says so if no inverter is behind it, if it sleeps, or if "unitId" or "model" is not that of the inverter.'
  return new Fault(
    'SOURCE_INVALID',
    `Expected the inverter's answer from the Solarman logger, got a short response (${shown}). ${cause}`,
  )
}
