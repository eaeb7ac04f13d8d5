/** What resolving a plain field costs: the unit, about 2 µs of this process. */
export const FIELD = 1

/** So many letters are written as JSON and sent in the time of one field. */
const LETTERS = 100

/** What it costs to tell a text that an answer repeats, such as an alias in each of a thousand rows. */
export function textCost(text: string | undefined): number {
  return text === undefined ? 0 : text.length / LETTERS
}
