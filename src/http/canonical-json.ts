/** A value yet to be written, or text that is. */
type Part = { readonly value: unknown } | { readonly text: string }

/**
 * A text that is the same for equal values and for no others, whatever the order of an object's keys. Unlike JSON it
 * tells apart all that a parsed JSON text may hold: `1e999`, which is Infinity, from null, and -0 from 0. Nesting costs
 * no stack.
 */
export function canonicalJson(root: unknown): string {
  let written = ''
  const parts: Part[] = [{ value: root }]
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    if ('text' in part) {
      written += part.text
      continue
    }
    const { value } = part
    if (Array.isArray(value)) {
      written += '['
      parts.push({ text: ']' })
      for (const item of value.toReversed()) parts.push({ text: ',' }, { value: item })
    } else if (typeof value === 'object' && value !== null) {
      written += '{'
      parts.push({ text: '}' })
      const entries = Object.entries(value).sort(([one], [other]) => (one > other ? -1 : 1))
      for (const [key, item] of entries) {
        parts.push({ text: ',' }, { value: item }, { text: `${JSON.stringify(key)}:` })
      }
    } else {
      written += writeScalar(value)
    }
  }
  return written
}

function writeScalar(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  return Object.is(value, -0) ? '-0' : String(value)
}
