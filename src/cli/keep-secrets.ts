import { chmod, readFile, rename, writeFile } from 'node:fs/promises'
import { Fault } from '../fault.ts'

/**
 * Adds variables to a file, such as `.env`, which the server reads, and lets this user alone read the file.
 * Throws `BAD_USER_INPUT` if a value cannot be written there; then nothing is.
 */
export async function keepSecrets(
  secrets: ReadonlyMap<string, string>,
  path = '.env',
): Promise<void> {
  const lines = [...secrets].map(([variable, value]) => `${variable}=${quoted(variable, value)}\n`)
  const before = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  const isCutOff = before !== '' && !before.endsWith('\n')
  const text = `${before}${isCutOff ? '\n' : ''}${lines.join('')}`
  await writeFile(`${path}.new`, text, { mode: 0o600 })
  await chmod(`${path}.new`, 0o600)
  await rename(`${path}.new`, path)
}

/** Node reads what is in single quotes or backticks as it is; in double quotes it replaces `\n`. */
function quoted(variable: string, value: string): string {
  const quote = ["'", '`', '"'].find(
    (quote) => !value.includes(quote) && (quote !== '"' || !value.includes('\\')),
  )
  if (quote !== undefined && !/[\r\n]/.test(value)) return `${quote}${value}${quote}`
  throw new Fault(
    'BAD_USER_INPUT',
    `Expected a password that fits into one pair of quotes in .env; this one has all kinds of them: set ${variable} in the environment of the server yourself`,
  )
}
