import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { openTestDatabase } from '../support/database.ts'
import { compileCache } from '../support/program.ts'
import { openDataFolder } from '../support/server.ts'

const main = resolve(import.meta.dirname, '../../src/main.ts')
const FULL = '/dev/full'

test.skipIf(!existsSync(FULL)).for(['json', 'pretty'])(
  'a server whose log cannot be written (%s) serves, and ends in order',
  async (LOG_FORMAT) => {
    await using database = await openTestDatabase('native')
    await using folder = await openDataFolder()
    await using log = await open(FULL, 'w')
    const environment = { DATABASE_URL: database.url, HELIOGRAPH_DATA_DIR: folder.path, PORT: '0' }
    const child = spawn(process.execPath, [main, 'serve'], {
      env: { ...compileCache, ...environment, LOG_FORMAT, LOG_LEVEL: 'debug' },
      stdio: ['ignore', 'pipe', log.fd],
    })
    const { stdout } = child
    if (stdout === null) throw new Error('Expected a pipe')
    const exited = once(child, 'exit')
    try {
      const [banner] = await Promise.race([once(stdout, 'data'), exited])
      const url = /http:\/\/[^/\s]+/.exec(String(banner))?.[0]
      for (let request = 0; request < 3; request++) {
        expect((await fetch(`${url}/health`)).status).toBe(200)
      }
    } finally {
      child.kill()
    }
    expect(await exited).toEqual([0, null])
  },
)
