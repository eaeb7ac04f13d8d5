import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { migrations } from '../../migrations/index.ts'
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
  const names = Object.keys(migrations)
  const steps = (applied: number) => names.map((_, at) => (at < applied ? 'APPLIED' : 'PENDING'))
  expect(await migrate('--dry-run')).toEqual([...steps(0), 'PLANNED'])
  expect(await migrate('--to', '0002_latest')).toEqual([...steps(2), 'APPLIED'])
  expect(await migrate('--down')).toEqual([...steps(1), 'APPLIED'])
  expect(await migrate('--down')).toEqual([...steps(0), 'APPLIED'])
})
