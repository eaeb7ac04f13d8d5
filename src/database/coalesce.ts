import { runOutsideOperations } from './operation.ts'

/**
 * Reads once at a time. Who asks while a read is on its way waits for the next, which all who wait share; so no
 * answer is older than its question, and a hundred that ask at once cost two reads. A failure is of all who share.
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
    next ??= current.then(begin, begin)
    return next
  }
}
