/**
 * * Preloaded into a server (`node --import`): shifts its clock by the milliseconds in the file CLOCK_OFFSET, which is
 * read again on SIGUSR2, as when somebody sets the clock.
 */
import { readFileSync } from 'node:fs'
import { shiftClock } from './shift-clock.ts'

const file = process.env.CLOCK_OFFSET ?? ''
const read = () => Number(readFileSync(file, 'utf8'))
let offset = read()
process.on('SIGUSR2', () => {
  offset = read()
})
shiftClock(() => offset)
