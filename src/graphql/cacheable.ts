/**
 * For the extensions of a root field, and of the types below it: its result is made of the tables and the arguments
 * alone, not of the clock, this process or who asks. A response of such fields may be used again
 * (src/http/operations/response-cache.ts).
 */
export const cacheable = { cacheable: true }
