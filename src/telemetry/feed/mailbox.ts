/**
 * What one subscriber has yet to be sent: the newest value for each key, never a backlog. An async iterator of
 * values, with at least `minIntervalMs` between two of them for the same key.
 */
export interface Mailbox<Value> extends AsyncIterableIterator<Value> {
  post(key: number, value: Value): void
  /** Ends the iterator with an error, after which it is done. */
  fail(error: unknown): void
  return(): Promise<IteratorResult<Value>>
}

export interface MailboxOptions {
  minIntervalMs?: number
  onClose: () => void
  /** Milliseconds on a clock that never jumps. */
  now?: () => number
}

/** A longer timer would go off at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export function openMailbox<Value>({
  minIntervalMs = 0,
  onClose,
  now = () => performance.now(),
}: MailboxOptions): Mailbox<Value> {
  const waiting = new Map<number, Value>()
  const takenAt = new Map<number, number>()
  let reader: PromiseWithResolvers<IteratorResult<Value>> | undefined
  let timer: NodeJS.Timeout | undefined
  let failure: { error: unknown } | undefined
  let closed = false

  const close = (): void => {
    if (closed) return
    closed = true
    clearTimeout(timer)
    waiting.clear()
    takenAt.clear()
    onClose()
  }

  /** Takes the value that waits longest among those that are due; says how long until the next is due. */
  const take = (): { value: Value } | { dueInMs: number } => {
    let dueInMs = Number.POSITIVE_INFINITY
    const time = now()
    for (const [key, value] of waiting) {
      const last = takenAt.get(key)
      const wait = last === undefined ? 0 : last + minIntervalMs - time
      if (wait <= 0) {
        waiting.delete(key)
        if (minIntervalMs > 0) takenAt.set(key, time)
        return { value }
      }
      dueInMs = Math.min(dueInMs, wait)
    }
    return { dueInMs }
  }

  const deliver = (): void => {
    clearTimeout(timer)
    if (reader === undefined) return
    const taken = take()
    if ('value' in taken) {
      const { resolve } = reader
      reader = undefined
      resolve({ value: taken.value, done: false })
    } else if (taken.dueInMs !== Number.POSITIVE_INFINITY) {
      timer = setTimeout(deliver, Math.min(Math.ceil(taken.dueInMs), LONGEST_TIMER_MS))
    }
  }

  return {
    post: (key, value) => {
      if (closed) return
      waiting.set(key, value)
      deliver()
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
      if (closed) return Promise.resolve({ value: undefined, done: true })
      reader ??= Promise.withResolvers()
      const { promise } = reader
      deliver()
      return promise
    },
    return: () => {
      close()
      reader?.resolve({ value: undefined, done: true })
      reader = undefined
      return Promise.resolve({ value: undefined, done: true })
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
