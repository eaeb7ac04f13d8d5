/**
 * A bounded queue between a source and the one who reads it. An async iterator: what is in it when it ends with an
 * error is dropped, since whoever reads can have it again.
 */
export interface Window<Value> extends AsyncIterableIterator<Value> {
  /** Answers false where there is no room: the value is not in it then. */
  push(value: Value): boolean
  /** As much as it is, for when the window is empty. */
  fill(values: readonly Value[]): void
  /** Resolves once everything is taken, or the window is closed. */
  emptied(): Promise<void>
  /** Whether somebody waits for a value. */
  readonly asked: boolean
  /** Since when something waits for the reader to ask, on a clock that never jumps; undefined: nothing does. */
  readonly waitingSince: number | undefined
  readonly closed: boolean
  fail(error: unknown): void
  return(): Promise<IteratorResult<Value>>
}

export function openWindow<Value>({
  size,
  onClose,
}: {
  size: number
  onClose: () => void
}): Window<Value> {
  const queue: Value[] = []
  const end = { done: true, value: undefined } as const
  let reader: PromiseWithResolvers<IteratorResult<Value>> | undefined
  let drained: PromiseWithResolvers<void> | undefined
  let waitingSince: number | undefined
  let failure: { error: unknown } | undefined
  let closed = false

  const close = (): void => {
    if (closed) return
    closed = true
    queue.length = 0
    waitingSince = undefined
    drained?.resolve()
    onClose()
  }

  const add = (value: Value): void => {
    if (reader === undefined) {
      queue.push(value)
      waitingSince ??= performance.now()
      return
    }
    reader.resolve({ done: false, value })
    reader = undefined
  }

  return {
    get waitingSince() {
      return waitingSince
    },
    get closed() {
      return closed
    },
    push: (value) => {
      if (closed) return true
      if (queue.length >= size) return false
      add(value)
      return true
    },
    fill: (values) => {
      if (!closed) values.forEach(add)
    },
    emptied: async () => {
      if (closed || queue.length === 0) return
      drained ??= Promise.withResolvers()
      await drained.promise
    },
    get asked() {
      return reader !== undefined
    },
    fail: (error) => {
      if (closed) return
      close()
      if (reader === undefined) failure = { error }
      else reader.reject(error)
      reader = undefined
    },
    next: () => {
      if (failure !== undefined) {
        const { error } = failure
        failure = undefined
        return Promise.reject(error)
      }
      if (closed) return Promise.resolve(end)
      const value = queue.shift()
      if (value === undefined) {
        reader ??= Promise.withResolvers()
        return reader.promise
      }
      waitingSince = queue.length > 0 ? performance.now() : undefined
      if (queue.length === 0) {
        drained?.resolve()
        drained = undefined
      }
      return Promise.resolve({ done: false, value })
    },
    return: () => {
      close()
      reader?.resolve(end)
      reader = undefined
      return Promise.resolve(end)
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
