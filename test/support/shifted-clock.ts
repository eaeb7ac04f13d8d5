/**
 * * Preloaded into a server (`node --import`): shifts its clock by the milliseconds in the file CLOCK_OFFSET, which is
 * read again on SIGUSR2. Timers are not shifted, as when somebody sets the clock.
 */
import { readFileSync } from 'node:fs'

const file = process.env.CLOCK_OFFSET ?? ''
const read = () => Number(readFileSync(file, 'utf8'))
const TrueDate = Date
let offset = read()
process.on('SIGUSR2', () => {
  offset = read()
})

globalThis.Date = new Proxy(TrueDate, {
  construct: (target, given, newTarget) =>
    Reflect.construct(target, given.length === 0 ? [TrueDate.now() + offset] : given, newTarget),
  get: (target, name) =>
    name === 'now' ? () => TrueDate.now() + offset : Reflect.get(target, name),
})
