import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { postgresPid } from '../database/embedded/postgres-process.ts'
import { openServer } from '../support/server.ts'

const launcher = resolve(import.meta.dirname, '../../bin/heliograph.js')

test('a server whose terminal is closed ends in order, and its PostgreSQL with it', async () => {
  await using server = await openServer({ SIMULATE: '0' }, [process.execPath, launcher])
  await server.stop('SIGHUP')
  expect(await postgresPid(server.dataDir)).toBeUndefined()
})

/** Of util-linux: runs a command on a terminal of its own. */
const script = '/usr/bin/script'

/**
 * Is loaded into the launcher and into the program that it starts. Instead of that one it counts interrupts for two
 * seconds after the first; the launcher handles its own later, because signals that are pending together are one.
 */
const counting = `
if (!process.argv[1].endsWith('main.ts')) {
  process.on('SIGINT', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500))
} else {
  let interrupts = 0
  process.on('SIGINT', () => {
    if (++interrupts > 1) return
    setTimeout(() => {
      console.log('interrupted: ' + interrupts)
      process.exit(0)
    }, 2000)
  })
  console.log('counting')
  await new Promise((done) => setTimeout(done, 1e9))
}
`

test.skipIf(process.platform !== 'linux' || !existsSync(script))(
  'Ctrl-C on a terminal interrupts the server once, also if its input is no terminal',
  async () => {
    await using opened = new AsyncDisposableStack()
    const folder = await mkdtemp(join(tmpdir(), 'heliograph-launcher-'))
    opened.defer(() => rm(folder, { recursive: true }))
    const counter = join(folder, 'counter.mjs')
    await writeFile(counter, counting)
    const command = `exec '${process.execPath}' '${launcher}' serve </dev/null`
    const terminal = spawn(script, ['--quiet', '--return', '--command', command, '/dev/null'], {
      env: { PATH: process.env.PATH, NODE_OPTIONS: `--import=${counter}` },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const ended = once(terminal, 'close')
    opened.defer(async () => {
      if (terminal.exitCode === null) terminal.kill('SIGTERM')
      await ended
    })
    let said = ''
    for await (const text of terminal.stdout.setEncoding('utf8')) {
      const isCounting = said.includes('counting')
      said += text
      if (!isCounting && said.includes('counting')) terminal.stdin.write('\x03')
    }
    expect(said).toContain('interrupted: 1')
    expect((await ended)[0]).toBe(0)
  },
)
