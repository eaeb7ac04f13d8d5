/**
 * Fetches the next value while the caller works on the one before. A caller that stops early does not wait
 * for the value under way: whoever owns the source ends it.
 */
export async function* prefetch<Value>(
  source: AsyncIterable<Value>,
): AsyncGenerator<Value, void, undefined> {
  const iterator = source[Symbol.asyncIterator]()
  const fetch = () => {
    const next = iterator.next()
    // A failure is thrown where the value is awaited; until then it must not count as unhandled.
    next.catch(() => {})
    return next
  }
  let next = fetch()
  try {
    for (let result = await next; !result.done; result = await next) {
      next = fetch()
      yield result.value
    }
  } finally {
    void iterator.return?.()
  }
}
