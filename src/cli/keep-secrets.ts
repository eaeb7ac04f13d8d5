import { chmod, chown, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { Fault } from '../fault.ts'

/**
 * Adds variables to a file, such as `.env`, which the server reads, and lets its owner alone read the file: this user,
 * or whoever had it before. A symbolic link stays one.
 * Throws `BAD_USER_INPUT` if a value cannot be written there; then nothing is.
 */
export async function keepSecrets(
  secrets: ReadonlyMap<string, string>,
  path = '.env',
): Promise<void> {
  const lines = [...secrets].map(([variable, value]) => `${variable}=${quoted(variable, value)}\n`)
  const file = await realpath(path).catch(unlessMissing(path))
  const owner = await stat(file).catch(unlessMissing(undefined))
  const before = await readFile(file, 'utf8').catch(unlessMissing(''))
  const isCutOff = before !== '' && !before.endsWith('\n')
  const text = `${before}${isCutOff ? '\n' : ''}${lines.join('')}`
  const made = `${file}.new`
  try {
    await writeFile(made, text, { mode: 0o600 })
    await chmod(made, 0o600)
    if (owner !== undefined) await chown(made, owner.uid, owner.gid)
    await rename(made, file)
  } catch (error) {
    await rm(made, { force: true })
    throw error
  }
}

function unlessMissing<Instead>(instead: Instead) {
  return (error: NodeJS.ErrnoException): Instead => {
    if (error.code === 'ENOENT') return instead
    throw error
  }
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
