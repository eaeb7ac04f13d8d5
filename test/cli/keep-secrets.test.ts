import { lstat, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { keepSecrets } from '../../src/cli/keep-secrets.ts'

const passwords = fc.string({
  unit: fc.constantFrom('a', ' ', '#', '=', '$', '\\', 'n', "'", '`', '"', 'ä'),
  maxLength: 8,
})

test('a password is read from the file as it was typed, beside what was there, or refused', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'heliograph-secrets-'))
  const path = join(folder, '.env')
  try {
    await fc.assert(
      fc.asyncProperty(passwords, async (password) => {
        await writeFile(path, 'ADMIN_TOKEN=abc', { mode: 0o644 })
        const kept = await keepSecrets(new Map([['ROOF_PASSWORD', password]]), path).then(
          () => true,
          () => false,
        )
        const expected = kept
          ? { ADMIN_TOKEN: 'abc', ROOF_PASSWORD: password }
          : { ADMIN_TOKEN: 'abc' }
        expect(parseEnv(await readFile(path, 'utf8'))).toEqual(expected)
        if (kept) expect((await stat(path)).mode & 0o777).toBe(0o600)
        else expect(new Set(password)).toEqual(new Set([...password, "'", '`']))
      }),
    )
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a file that is reached by a symbolic link stays where it is', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'heliograph-secrets-'))
  const [path, link] = [join(folder, 'shared.env'), join(folder, '.env')]
  try {
    await writeFile(path, 'ADMIN_TOKEN=abc')
    await symlink(path, link)
    await keepSecrets(new Map([['ROOF_PASSWORD', 'secret']]), link)
    expect((await lstat(link)).isSymbolicLink()).toBe(true)
    expect(parseEnv(await readFile(path, 'utf8'))).toEqual({
      ADMIN_TOKEN: 'abc',
      ROOF_PASSWORD: 'secret',
    })
  } finally {
    await rm(folder, { recursive: true })
  }
})
