import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from '../../../src/database/embedded/spawn-postgres.ts'
import type { Inverter } from './registers.ts'

// Debian's, whichever python3 comes first in PATH.
const python = '/usr/bin/python3'
const needed = 'import pymodbus.server.async_io, serial, serial_asyncio'

/** Whether this machine has Debian's python3-pymodbus; without it the tests that need it are skipped. */
export const hasPymodbus = spawnSync(python, ['-c', needed]).status === 0

/** A server of pymodbus over these inverters. `at` is its port, or the serial port that leads to it. */
export async function openPymodbus(
  kind: 'tcp' | 'rtu-over-tcp' | 'rtu',
  units: Record<number, Inverter>,
): Promise<{ readonly at: string } & AsyncDisposable> {
  const script = resolve(import.meta.dirname, 'pymodbus-server.py')
  const program = spawn(python, ['-u', script, kind, `${await freePort()}`], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const ended = once(program, 'exit')
  let complaints = ''
  program.stderr.on('data', (text) => {
    complaints += text
  })
  program.stdin.end(JSON.stringify(units))
  const lines = createInterface(program.stdout)
  const [at] = await Promise.race([
    once(lines, 'line'),
    ended.then(() => {
      throw new Error(`pymodbus ended: ${complaints}`)
    }),
  ])
  return {
    at,
    [Symbol.asyncDispose]: async () => {
      program.kill('SIGKILL')
      await ended
      lines.close()
    },
  }
}
