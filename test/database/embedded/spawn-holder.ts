import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('holder.ts', import.meta.url))

export interface Answer {
  readonly url?: string
  readonly reused?: boolean
  readonly code?: string
  readonly message?: string
}

/** Another process that opens a data folder and holds it until it is closed or killed. */
export interface Holder extends AsyncDisposable {
  readonly pid: number
  /** What opening gave; undefined: it was killed first. */
  readonly answer: Promise<Answer | undefined>
  /** Lets it close in order; throws unless it ends with code 0. */
  close(): Promise<void>
  kill(): Promise<void>
}

export function spawnHolder(
  dataDir: string,
  role: 'server' | 'guest',
  environment: NodeJS.ProcessEnv = {},
  as: { uid?: number; gid?: number } = {},
): Holder {
  const child = spawn(process.execPath, [program, dataDir, role], {
    ...as,
    env: { ...process.env, ...environment },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const exited = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = lines.next().then(({ value, done }) => (done ? undefined : JSON.parse(value)))
  const end = async (action: () => unknown) => {
    if (child.exitCode === null && child.signalCode === null) action()
    await exited
  }
  return {
    pid: child.pid ?? 0,
    answer,
    close: async () => {
      await end(() => child.stdin.end())
      if (child.exitCode !== 0) throw new Error(`The holder ended with ${child.exitCode}`)
    },
    kill: () => end(() => child.kill('SIGKILL')),
    [Symbol.asyncDispose]: () => end(() => child.kill('SIGKILL')),
  }
}
