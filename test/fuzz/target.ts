import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { openDataFolder } from '../support/server.ts'
import type { Caller } from './exchange.ts'

const main = resolve(import.meta.dirname, '../../src/main.ts')
const heldMemory = resolve(import.meta.dirname, 'held-memory.ts')

/** What is fuzzed. */
export interface Target extends AsyncDisposable {
  readonly url: string
  readonly tokens: Readonly<Partial<Record<Caller, string>>>
  readonly publicRead: boolean
  /** Of a server that the fuzzer has started. */
  readonly own?: {
    readonly pid: number
    /** How the process has ended; undefined while it lives. */
    readonly ended: string | undefined
    /** Takes what it has written to its log at level error or above, or as no log at all. */
    takeErrors(): string[]
    /** Bytes on the heap and beside it, after a collection. */
    held(): Promise<number>
    /** Milliseconds for which its main thread has worked; 0 where the system does not tell. */
    worked(): Promise<number>
  }
}

const tokens = {
  read: 'fuzz-read-7c1f5e0b9a',
  ingest: 'fuzz-ingest-2d8e4a6c1b',
  admin: 'fuzz-admin-9b3f7d5e2c',
}

const ERROR = 50
const LogLine = z.object({ level: z.number() })
const Held = z.object({ held: z.number() })

/** Starts a server on an embedded database of its own, with short patience, so that what waits for it ends soon. */
export async function openOwnTarget({ publicRead }: { publicRead: boolean }): Promise<Target> {
  await using opening = new AsyncDisposableStack()
  const folder = opening.use(await openDataFolder())
  const { PATH = '', NODE_COMPILE_CACHE } = process.env
  const flags = ['--disable-warning=ExperimentalWarning', '--expose-gc', '--import', heldMemory]
  const child = spawn(process.execPath, [...flags, main, 'serve'], {
    cwd: tmpdir(),
    env: {
      ...{ PATH, TZ: 'UTC', PORT: '0', HELIOGRAPH_DATA_DIR: folder.path, SIMULATE: '1' },
      ...(NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }),
      ...{ READ_TOKEN: tokens.read, INGEST_TOKEN: tokens.ingest, ADMIN_TOKEN: tokens.admin },
      ...{ PUBLIC_READ: String(publicRead), LOG_LEVEL: 'warn', LOG_FORMAT: 'json' },
      ...{ CONNECTION_INIT_TIMEOUT: 'PT1S', KEEP_ALIVE_INTERVAL: 'PT2S' },
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) throw new Error('Expected the output of the server')
  let ended: string | undefined
  const exited = once(child, 'exit').then(([code, signal]) => {
    ended = `ended with ${signal ?? code}`
  })
  let errors: string[] = []
  createInterface({ input: stderr }).on('line', (line) => {
    if (isError(line)) errors.push(line)
  })
  opening.defer(async () => {
    child.kill('SIGTERM')
    const deadline = setTimeout(() => child.kill('SIGKILL'), 15_000)
    await exited
    clearTimeout(deadline)
  })
  const url = await new Promise<string>((found, failed) => {
    let written = ''
    stdout.on('data', (text) => {
      written += text
      const address = /GraphiQL +(http:\/\/\S+)\/graphql\n/.exec(written)?.[1]
      if (address !== undefined) found(address)
    })
    void exited.then(() => failed(new Error(`The server ${ended}:\n${errors.join('\n')}`)))
  })
  const open = opening.move()
  return {
    url,
    tokens,
    publicRead,
    own: {
      pid: child.pid ?? 0,
      get ended() {
        return ended
      },
      takeErrors: () => {
        const taken = errors
        errors = []
        return taken
      },
      held: async () => {
        const answer = once(child, 'message')
        child.send('held')
        return Held.parse((await answer)[0]).held
      },
      worked: () => workOf(child.pid),
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/** A server that runs, with the tokens of the environment; roles without one are not played. */
export async function adoptTarget(
  url: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Target> {
  const { READ_TOKEN, INGEST_TOKEN, ADMIN_TOKEN } = environment
  const response = await fetch(`${url}/graphql?query=${encodeURIComponent('{ __typename }')}`)
  await response.body?.cancel()
  return {
    url: new URL(url).origin,
    tokens: {
      ...(READ_TOKEN === undefined ? {} : { read: READ_TOKEN }),
      ...(INGEST_TOKEN === undefined ? {} : { ingest: INGEST_TOKEN }),
      ...(ADMIN_TOKEN === undefined ? {} : { admin: ADMIN_TOKEN }),
    },
    publicRead: response.ok,
    [Symbol.asyncDispose]: async () => {},
  }
}

/** On Linux, which counts in hundredths of a second. */
async function workOf(pid: number | undefined): Promise<number> {
  const stat = await readFile(`/proc/${pid}/task/${pid}/stat`, 'utf8').catch(() => '')
  // The name, which comes before, may hold anything.
  const [user = 0, system = 0] = stat
    .replace(/^.*\) /, '')
    .split(' ')
    .slice(11, 13)
    .map(Number)
  return (user + system) * 10
}

/** Whoever writes to standard error past the log is a crash, or a warning of Node about a leak. */
function isError(line: string): boolean {
  try {
    return LogLine.parse(JSON.parse(line)).level >= ERROR
  } catch {
    return line.trim() !== ''
  }
}
