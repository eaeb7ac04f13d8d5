import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'

/** `serve` of a checkout, in a process of its own, which lets everybody read, with a simulated plant that goes on. */
export interface Victim extends AsyncDisposable {
  readonly url: string
  /** How it has ended; undefined while it lives. */
  readonly ended: string | undefined
  /** Bytes of memory that are its own at this moment; forgets what it was before. */
  restMemory(): Promise<number>
  /** The most since then; of a process that has ended as far as it was seen, once in so many milliseconds. */
  peakMemory(): Promise<number>
}

const SAMPLED_EVERY_MS = 100
const ENDS_WITHIN_MS = 10_000

/** Runs a command of a checkout on a database to its end, which the signal brings about. */
export async function runCommand(
  checkout: string,
  words: string[],
  { databaseUrl, signal }: { databaseUrl: string; signal: AbortSignal },
) {
  const child = start(checkout, words, databaseUrl)
  const stop = () => child.kill('SIGTERM')
  signal.addEventListener('abort', stop)
  const [code] = await once(child, 'exit')
  signal.removeEventListener('abort', stop)
  signal.throwIfAborted()
  if (code !== 0) throw new Error(`${words.join(' ')} of ${checkout} ended with ${code}`)
}

export async function startVictim(checkout: string, databaseUrl: string): Promise<Victim> {
  const child = start(checkout, ['serve'], databaseUrl)
  let ended: string | undefined
  const exited = once(child, 'exit').then(([code, signal]) => {
    ended = `${signal ?? code}`
  })
  const url = await new Promise<string>((found, failed) => {
    let written = ''
    child.stdout.on('data', (text) => {
      written += text
      const address = /GraphiQL +(http:\/\/\S+)\/graphql\n/.exec(written)?.[1]
      if (address !== undefined) found(address)
    })
    void exited.then(() => failed(new Error(`The server of ${checkout} ended with ${ended}`)))
  })
  let peak = 0
  const look = async () => {
    peak = Math.max(peak, await memoryOf(child.pid, 'VmHWM'))
  }
  const sampling = setInterval(() => void look(), SAMPLED_EVERY_MS)
  return {
    url,
    get ended() {
      return ended
    },
    restMemory: async () => {
      // Linux forgets the peak of a process where this is written.
      await writeFile(`/proc/${child.pid}/clear_refs`, '5').catch(() => {})
      peak = 0
      return await memoryOf(child.pid, 'VmRSS')
    },
    peakMemory: async () => {
      await look()
      return peak
    },
    [Symbol.asyncDispose]: async () => {
      clearInterval(sampling)
      child.kill('SIGTERM')
      const deadline = setTimeout(() => child.kill('SIGKILL'), ENDS_WITHIN_MS)
      await exited
      clearTimeout(deadline)
    },
  }
}

function start(checkout: string, words: string[], databaseUrl: string) {
  const { PATH = '' } = process.env
  return spawn(process.execPath, [resolve(checkout, 'src/main.ts'), ...words], {
    cwd: tmpdir(),
    env: {
      ...{ PATH, DATABASE_URL: databaseUrl, PORT: '0', PUBLIC_READ: 'true' },
      ...{ ADMIN_TOKEN: 'benchmark-admin-token', LOG_LEVEL: 'error', LOG_FORMAT: 'json' },
      ...{ SIMULATE: '1' },
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
}

/** Bytes; 0 where the process has ended, or the system does not tell. */
async function memoryOf(pid: number | undefined, line: 'VmHWM' | 'VmRSS'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(new RegExp(`^${line}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024
}
