/** Says what is going on, in one line that the next one overwrites; silent where nobody watches. */
export function note(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}
