// A response may be used again if all of its fields, or their types, say so (src/http/operations/response-cache.ts).

/** For extensions: the value is made of the tables and the arguments alone, not of the clock, this process or who asks. */
export const cacheable = { cacheable: true }

/** For extensions: it is made of the tables, the arguments and `wholeSecond()`. */
export const cacheableWithinSecond = { cacheable: 'WITHIN_SECOND' }

/** For the extensions of a field of a type that is cacheable: this one is not. */
export const notCacheable = { cacheable: false }
