import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openLog, readLogSince } from '../../../src/database/embedded/server-log.ts'
import { temporaryFolder } from './temporary-folder.ts'

test('a log that has grown large begins anew, and the old one is kept beside it', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'postgres.log')
  const old = 'complaint\n'.repeat(500_000)
  await writeFile(path, old)
  await using log = await openLog(path)

  expect((await stat(path)).size).toBe(0)
  expect(await readFile(`${path}.1`, 'utf8')).toBe(old)
  await writeFile(path, 'new line\n', { flag: 'a' })
  expect(await readLogSince(path, log.offset)).toBe('new line')
})

test('a small log goes on, and what a start says is told apart from what was before', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'postgres.log')
  await writeFile(path, 'old line\n')
  await using log = await openLog(path)
  await writeFile(path, 'new line\n', { flag: 'a' })
  expect(await readLogSince(path, log.offset)).toBe('new line')
  expect(await readFile(path, 'utf8')).toBe('old line\nnew line\n')
})
