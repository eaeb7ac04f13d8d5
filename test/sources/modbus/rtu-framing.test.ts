import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crc16, findAnswer, rtuFraming } from '../../../src/sources/modbus/line/rtu-framing.ts'

const UNIT = 17

/** A frame of unit 17, with its checksum. */
function frame(...bytes: number[]): Buffer {
  const checksum = Buffer.alloc(2)
  checksum.writeUInt16LE(crc16(Buffer.from([UNIT, ...bytes])))
  return Buffer.concat([Buffer.from([UNIT, ...bytes]), checksum])
}

const request = frame(3, 0, 0x6b, 0, 3)
const answer = frame(3, 6, 0xae, 0x41, 0x56, 0x52, 0x43, 0x40)

test('the checksum is that of the example in the Modbus specification', () => {
  // Modbus over Serial Line V1.02, 6.2.2: 02 07 has the checksum 1241, sent as 41 12.
  expect(crc16(Buffer.from([0x02, 0x07]))).toBe(0x1241)
  expect(answer.subarray(-2).toString('hex')).toBe('49ad')
})

test('an answer is found however it is cut, behind noise and frames of others', () => {
  // No byte of it is the unit that is asked.
  const noise = fc
    .uint8Array({ maxLength: 40 })
    .map((bytes) => Buffer.from(bytes.filter((byte) => byte !== UNIT)))
  const reply = fc.constantFrom(answer, frame(0x83, 2))
  const cuts = fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 20 })
  fc.assert(
    fc.property(noise, noise, reply, cuts, (before, stale, sent, lengths) => {
      const framing = rtuFraming()
      framing.wrap(request)
      framing.unwrap(Buffer.concat([before, answer.subarray(0, 6)]))
      // The question that counts; what came of the one before is forgotten.
      expect(framing.wrap(request)).toEqual(request)
      const bytes = Buffer.concat([stale, sent])
      const found: Buffer[] = []
      let at = 0
      for (const length of [...lengths, bytes.length]) {
        const whole = framing.unwrap(bytes.subarray(at, at + length))
        if (whole !== undefined) found.push(whole)
        at += length
      }
      expect(found).toEqual([sent])
    }),
  )
})

test('what nobody asked for is no answer', () => {
  const framing = rtuFraming()
  expect(framing.unwrap(answer)).toBeUndefined()
  framing.wrap(request)
  expect(framing.unwrap(answer)).toEqual(answer)
  expect(framing.unwrap(answer)).toBeUndefined()
})

test('an answer whose checksum is wrong is handed over, unless the right one comes with it', () => {
  const damaged = Buffer.from(answer)
  damaged.writeUInt8(0xaf, 3)
  expect(findAnswer(damaged, request)).toEqual(damaged)
  expect(findAnswer(Buffer.concat([damaged, answer]), request)).toEqual(answer)
  expect(findAnswer(damaged.subarray(0, 10), request)).toBeUndefined()
})
