import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { openTestDatabase } from '../support/database.ts'

const program = resolve(import.meta.dirname, '../../src/main.ts')

test('does what it is told and no more, also where a start would migrate by itself', async () => {
  await using database = await openTestDatabase('native', { migrated: false })
  const migrate = async (...words: string[]) => {
    const { stdout } = await promisify(execFile)(process.execPath, [program, 'migrate', ...words], {
      env: { DATABASE_URL: database.url, MIGRATE_ON_START: 'true' },
    })
    return stdout.match(/^(APPLIED|PENDING) |^[A-Z_]+ in/gm)?.map((word) => word.split(' ')[0])
  }
  expect(await migrate('--dry-run')).toEqual(['PENDING', 'PENDING', 'PENDING', 'PLANNED'])
  expect(await migrate('--to', '0002_telemetry')).toEqual([
    'APPLIED',
    'APPLIED',
    'PENDING',
    'APPLIED',
  ])
  expect(await migrate('--down')).toEqual(['APPLIED', 'PENDING', 'PENDING', 'APPLIED'])
  expect(await migrate('--down')).toEqual(['PENDING', 'PENDING', 'PENDING', 'APPLIED'])
})
