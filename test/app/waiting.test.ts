import { expect, test } from 'vitest'
import { openTestDatabase } from '../support/database.ts'
import { startProgram } from '../support/program.ts'
import { openDataFolder } from '../support/server.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'

const waitingLines = /"Waiting for the database at 127\.0\.0\.1:\d+, for up to 600 s"/g

/** A server whose database is not up yet, once it has said so. */
async function startEarly() {
  await using opening = new AsyncDisposableStack()
  const database = opening.use(await openTestDatabase('native'))
  const proxy = opening.use(await openTcpProxy(database.url))
  await proxy.cut()
  const folder = opening.use(await openDataFolder())
  const program = opening.use(
    startProgram(['serve'], {
      PORT: '0',
      DATABASE_URL: proxy.url,
      DATABASE_START_TIMEOUT: 'PT600S',
      HELIOGRAPH_DATA_DIR: folder.path,
    }),
  )
  await expect.poll(() => program.stderr).toMatch(waitingLines)
  const open = opening.move()
  return { proxy, program, [Symbol.asyncDispose]: () => open.disposeAsync() }
}

test('a server that is started before its database waits, says once for what, and is ready when it is there', async () => {
  await using early = await startEarly()
  const { program, proxy } = early
  await proxy.restore()
  await program.written(/^Heliograph is ready after/)
  const [, url] = await program.written(/Page +(http:\S+)/)
  const ready = await fetch(`${url}/readyz`)
  expect([ready.status, await ready.json()]).toEqual([200, { ready: true }])
  expect(program.stderr.match(waitingLines)).toHaveLength(1)
  program.kill('SIGTERM')
  expect(await program.exited).toBe(0)
})

test('a server that waits for its database ends on SIGTERM', async () => {
  await using early = await startEarly()
  early.program.kill('SIGTERM')
  expect(await early.program.exited).toBe(0)
  expect(early.program.stdout).toBe('')
})
