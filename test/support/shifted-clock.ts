/**
 * Preloaded into a server (`node --import`): its clock is off by so many milliseconds as the file CLOCK_OFFSET
 * says, which is read again on SIGUSR2. Timers stay, as they do where somebody sets the clock.
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
