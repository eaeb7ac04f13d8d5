import { setTimeout as sleep } from 'node:timers/promises'
import { type Environment, type Program, startProgram } from '../program.ts'

/** Starts a server, and starts it again whenever it ends, as a supervisor of services does. */
export interface Supervisor extends AsyncDisposable {
  /** Kills it with SIGKILL, even while it starts. */
  kill(): Promise<void>
  /** To be called when the database is killed, which may end a server that is just starting. */
  excuseStart(): void
  /** Rejects when the server ends without having been killed or excused. */
  readonly failed: Promise<never>
  /** Ends it in order, for good; throws unless it ends with code 0. */
  stop(): Promise<void>
}

const READY = /Admin token/
const PAUSE_MS = 20

export function superviseServer(environment: Environment): Supervisor {
  let program: Program | undefined
  let stopping = false
  let killed: Program | undefined
  let excused: Program | undefined
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => {})

  const keep = async (): Promise<void> => {
    while (!stopping) {
      await using current = startProgram(['serve'], environment)
      program = current
      const end = await current.exited.catch((error: unknown) => error)
      const starting = !READY.test(current.stdout)
      if (stopping || killed === current || (starting && excused === current)) {
        await sleep(PAUSE_MS)
        continue
      }
      failed.reject(new Error(`The server ended by itself (${end}):\n${current.stderr}`))
      return
    }
  }
  const keeping = keep()

  return {
    failed: failed.promise,
    kill: async () => {
      killed = program
      program?.kill('SIGKILL')
      await program?.exited.catch(() => {})
    },
    excuseStart: () => {
      excused = program
    },
    stop: async () => {
      stopping = true
      program?.kill('SIGTERM')
      const code = await program?.exited
      if (code !== 0) throw new Error(`The server ended with ${code}:\n${program?.stderr}`)
    },
    [Symbol.asyncDispose]: async () => {
      stopping = true
      program?.kill('SIGKILL')
      await keeping
    },
  }
}
