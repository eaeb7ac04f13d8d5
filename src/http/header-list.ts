/** Browsers send about ten. Thousands of them, of nothing but commas, would take milliseconds a request. */
const MOST_ENTRIES = 100

/** Returns the first hundred entries of a header that is a list; the others do not count. */
export function entriesOf(header: string): string[] {
  return header.split(',', MOST_ENTRIES)
}
