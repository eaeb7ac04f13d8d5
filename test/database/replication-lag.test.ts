import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ReplicationLag } from '../../src/database/replication-lag.ts'

test('a standby is as current as the last time that it has caught up with, while nothing is written too', () => {
  // Each second the primary writes, and the standby receives all or a part of what it lacks.
  const second = fc.record({
    written: fc.oneof(fc.constant(0), fc.nat({ max: 100 })),
    share: fc.oneof(fc.constant(0), fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
  })
  fc.assert(
    fc.property(fc.array(second, { maxLength: 60 }), (seconds) => {
      const lag = new ReplicationLag()
      const positions: number[] = []
      let position = 1000
      let replayed = 900
      for (const [at, { written, share }] of seconds.entries()) {
        position += written
        positions.push(position)
        lag.notePrimary(position, at)
        replayed += Math.floor((position - replayed) * share)
        lag.noteReplayed(replayed)
        const newest = positions.findLastIndex((noted) => noted <= replayed)
        expect(lag.currentAt).toBe(newest < 0 ? undefined : newest)
        expect(lag.isAhead).toBe(false)
      }
    }),
  )
})

test('a standby that was begun again is as current as what it has replayed again', () => {
  const lag = new ReplicationLag()
  for (const [position, at] of [
    [100, 1],
    [200, 2],
  ] as const) {
    lag.notePrimary(position, at)
    lag.noteReplayed(position)
  }
  lag.notePrimary(300, 3)
  lag.noteReplayed(150)
  expect(lag.currentAt).toBeUndefined()
  lag.noteReplayed(300)
  expect(lag.currentAt).toBe(3)
})

test('a standby that has what its new primary lacks counts as ahead, and never again as current', () => {
  const lag = new ReplicationLag()
  lag.notePrimary(100, 1)
  lag.noteReplayed(100)
  for (const [at, position] of [80, 90, 99, 101, 500].entries()) {
    lag.notePrimary(position, 2 + at)
    lag.noteReplayed(100)
    expect(lag.isAhead).toBe(position < 100)
    expect(lag.currentAt).toBeUndefined()
  }
})

test('a standby that follows a new primary, which goes on from an earlier position, is current', () => {
  const lag = new ReplicationLag()
  lag.notePrimary(100, 1)
  lag.noteReplayed(80)
  lag.notePrimary(80, 2)
  lag.noteReplayed(80)
  expect(lag.isAhead).toBe(false)
  expect(lag.currentAt).toBe(2)
})

test('a standby that is behind for a day is followed with bounded memory, and is current once it has caught up', () => {
  const lag = new ReplicationLag()
  lag.notePrimary(0, 0)
  lag.noteReplayed(0)
  for (let at = 1; at <= 86_400; at++) lag.notePrimary(at, at)
  expect(lag.currentAt).toBe(0)
  lag.noteReplayed(86_400)
  expect(lag.currentAt).toBeLessThan(86_400)
  lag.notePrimary(86_400, 86_401)
  lag.noteReplayed(86_400)
  expect(lag.currentAt).toBe(86_401)
})

test('a standby that may have been restarted is as current as what it is seen to have replayed since', () => {
  const lag = new ReplicationLag()
  for (const at of [0, 1, 2]) {
    lag.notePrimary(100 + at, at)
    lag.noteReplayed(100 + at)
  }
  expect(lag.currentAt).toBe(2)
  lag.forgetReplayed()
  expect(lag.currentAt).toBeUndefined()
  lag.noteReplayed(101)
  expect(lag.currentAt).toBeUndefined()
  lag.noteReplayed(102)
  expect(lag.currentAt).toBe(2)
})
