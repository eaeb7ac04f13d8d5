import { expect, test } from 'vitest'
import { createUnsentLimit } from '../../src/http/unsent-limit.ts'

function senders(most: number) {
  const cutOff: string[] = []
  const unsent = createUnsentLimit(most, () => {})
  const open = (name: string) => {
    const sender = { unsentBytes: 0, terminate: () => cutOff.push(name) }
    return (bytes: number) => {
      sender.unsentBytes = bytes
      unsent.note(sender)
    }
  }
  return { unsent, cutOff, open }
}

test('who stands still is cut off, not who is a little behind, however long it has been there', () => {
  const { unsent, cutOff, open } = senders(100)
  const busy = ['a', 'b', 'c'].map(open)
  for (const note of busy) note(1)
  for (const note of busy) note(0)
  const stalled = Array.from({ length: 9 }, (_, index) => open(`stalled ${index}`))
  for (const note of stalled) note(10)
  for (const note of busy) note(1)
  open('one more')(15)
  expect(cutOff).toEqual(['stalled 0'])
  expect(unsent.bytes).toBe(98)
})

test('what was taken meanwhile counts no more', () => {
  const { unsent, cutOff, open } = senders(100)
  const first = open('first')
  first(90)
  first(0)
  open('second')(90)
  expect([unsent.bytes, cutOff]).toEqual([90, []])
})
