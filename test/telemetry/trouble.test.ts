import { pino } from 'pino'
import { afterEach, expect, test, vi } from 'vitest'
import { watchTrouble } from '../../src/telemetry/trouble.ts'

afterEach(() => {
  vi.useRealTimers()
})

test('a failure that lasts is told when it begins, ever less often, and when it is over', () => {
  vi.useFakeTimers()
  const begin = performance.now()
  const told: string[] = []
  const log = pino(
    { level: 'info', base: {}, timestamp: false },
    {
      write: (line: string) => {
        const { level, msg, attempts } = JSON.parse(line)
        const minutes = Math.floor((performance.now() - begin) / 60_000)
        told.push(`${minutes}: ${level} ${msg} ${attempts}`)
      },
    },
  )
  const trouble = watchTrouble(log, 'failing', 'mended')

  trouble.succeeded()
  for (let pass = 0; pass <= 6 * 60 * 3; pass++) {
    trouble.failed(new Error('No space left on device'))
    vi.advanceTimersByTime(10_000)
  }
  trouble.succeeded()
  trouble.succeeded()
  trouble.failed(new Error('again'))
  expect(told).toEqual([
    '0: 40 failing 1',
    '1: 40 failing 7',
    '3: 40 failing 19',
    '7: 40 failing 43',
    '15: 40 failing 91',
    '31: 40 failing 187',
    '63: 40 failing 379',
    '123: 40 failing 739',
    '180: 30 mended 1081',
    '180: 40 failing 1',
  ])
})
