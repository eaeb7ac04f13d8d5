/** Shifts the clock of this process by so many milliseconds, until disposed. Timers are not shifted. */
export function shiftClock(offset: () => number): Disposable {
  const TrueDate = globalThis.Date
  const now = () => TrueDate.now() + offset()
  globalThis.Date = new Proxy(TrueDate, {
    construct: (target, given, newTarget) =>
      Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
    get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  })
  return {
    [Symbol.dispose]: () => {
      globalThis.Date = TrueDate
    },
  }
}
