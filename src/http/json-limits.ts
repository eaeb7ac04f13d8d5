import { Fault } from '../fault.ts'

/** How large a JSON text may become in memory, which its length alone does not tell. */
export interface JsonLimits {
  /** Lists and objects within one another. */
  readonly depth: number
  /** Lists, objects and the values in them. */
  readonly values: number
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c]
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]

/**
 * Throws `BODY_TOO_COMPLEX` if a JSON text nests deeper or holds more values than the limits allow. To be called
 * before the text is parsed: 8 MB of brackets become 230 MB of lists. Counts what stands outside of strings, so a text
 * that is no JSON may be refused too.
 */
export function requireModestJson(text: string | Uint8Array, limits: JsonLimits): void {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  let depth = 0
  let values = 1
  let inString = false
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (inString) {
      if (byte === BACKSLASH) at++
      else if (byte === QUOTE) inString = false
    } else if (byte === QUOTE) {
      inString = true
    } else if (byte === COMMA) {
      if (++values > limits.values) throw tooComplex(`at most ${limits.values} values`)
    } else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      if (++depth > limits.depth) throw tooComplex(`at most ${limits.depth} levels of nesting`)
      if (++values > limits.values) throw tooComplex(`at most ${limits.values} values`)
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
      depth--
    }
  }
}

function tooComplex(expected: string): Fault {
  return new Fault(
    'BODY_TOO_COMPLEX',
    `Expected JSON of ${expected}: send what you have in several requests`,
  )
}
