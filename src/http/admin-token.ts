import { randomBytes } from 'node:crypto'
import { chmod, link, mkdir, readFile, stat, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '../fault.ts'

/**
 * Reads the admin token from the data folder, mode 0600, or generates it at the first start. Processes that start at
 * once agree on one. Throws `DATA_FOLDER_UNUSABLE` or `STORAGE_FULL`.
 */
export async function loadAdminToken(dataDir: string): Promise<{ token: string; file: string }> {
  const file = join(dataDir, 'admin-token')
  try {
    return { token: (await readToken(file)) ?? (await generateToken(dataDir, file)), file }
  } catch (error) {
    if (error instanceof Fault) throw error
    const reason = error instanceof Error ? error.message : String(error)
    if (hasCode(error, 'ENOSPC') || hasCode(error, 'EDQUOT')) {
      throw new Fault(
        'STORAGE_FULL',
        `The disk is too full to keep the admin token in ${file}: ${reason}. Make room, or set ADMIN_TOKEN`,
        { cause: error },
      )
    }
    throw new Fault(
      'DATA_FOLDER_UNUSABLE',
      `The admin token cannot be kept in ${file}: ${reason}. Let this user write there, set HELIOGRAPH_DATA_DIR to another folder, or set ADMIN_TOKEN`,
      { cause: error },
    )
  }
}

async function readToken(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  })
  if (text === undefined) return undefined
  const token = text.trim()
  if (!/^[\x21-\x7e]{16,}$/.test(token)) {
    throw new Fault(
      'DATA_FOLDER_UNUSABLE',
      `Expected a token of at least 16 printable characters in ${file}, got something else: remove the file, and the next start makes a new one`,
    )
  }
  if (((await stat(file)).mode & 0o077) !== 0) await chmod(file, 0o600)
  return token
}

async function generateToken(dataDir: string, file: string): Promise<string> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
  const token = randomBytes(32).toString('base64url')
  await writeFile(draft, `${token}\n`, { mode: 0o600, flag: 'wx' })
  try {
    // A link appears whole or not at all, and never over the token of a process that was faster.
    await link(draft, file)
    return token
  } catch (error) {
    const theirs = hasCode(error, 'EEXIST') ? await readToken(file) : undefined
    if (theirs === undefined) throw error
    return theirs
  } finally {
    await unlink(draft)
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
