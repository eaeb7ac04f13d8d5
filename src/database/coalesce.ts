import { runOutsideOperations } from './operation.ts'

// Three ways in which callers share the result of one request. They differ in how old a result may be.

/**
 * No result is older than its question. Reads once at a time: a caller that asks while a read is running gets the next
 * one, which all that wait share, so a hundred callers at once cost two reads. All that share a read share its failure.
 */
export function coalesceReads<Value>(read: () => Promise<Value>): () => Promise<Value> {
  let current: Promise<Value> | undefined
  let next: Promise<Value> | undefined
  const begin = (): Promise<Value> => {
    next = undefined
    const begun = runOutsideOperations(read)
    current = begun
    const end = () => {
      if (next === undefined) current = undefined
    }
    begun.then(end, end)
    return begun
  }
  return () => {
    if (current === undefined) return begin()
    next ??= current.then(inputHandled, inputHandled).then(begin)
    return next
  }
}

/** Resolves once Node has read what has arrived on all sockets: it does so before it runs what is immediate. */
function inputHandled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/** A result may be as old as the request that is running: callers with equal arguments, as JSON, join it. */
export function joinRunning<Args extends readonly unknown[], Value>(
  ask: (...args: Args) => Promise<Value>,
): (...args: Args) => Promise<Value> {
  const running = new Map<string, Promise<Value>>()
  return (...args) => {
    const key = JSON.stringify(args)
    return running.getOrInsertComputed(key, () => ask(...args).finally(() => running.delete(key)))
  }
}

/** A result may be `ms` old: reads at most that often, and once at a time. A failure is not kept. */
export function keepFor<Value>(ms: number, read: () => Promise<Value>): () => Promise<Value> {
  let last: { value: Promise<Value>; readAt: number } | undefined
  return () => {
    if (last !== undefined && performance.now() - last.readAt <= ms) return last.value
    const current = { value: read(), readAt: Number.POSITIVE_INFINITY }
    last = current
    current.value.then(
      () => {
        current.readAt = performance.now()
      },
      () => {
        last = undefined
      },
    )
    return current.value
  }
}
