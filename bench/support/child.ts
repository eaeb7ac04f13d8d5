import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { z } from 'zod'

/** A process of its own, so that its work and its garbage do not disturb the measuring one. */
export interface Child extends AsyncDisposable {
  /** Where it answers. */
  readonly url: string
  /** Microseconds of CPU, in itself and in the kernel, since it started. */
  cpu(): Promise<number>
  /** Bytes on the heap and beside it, after a collection. */
  memory(): Promise<number>
  /** Sends it a message, and answers what it says to that. */
  ask(question: string): Promise<unknown>
  /** What it says next. */
  answer(): Promise<unknown>
}

const Ready = z.object({ url: z.string() })
const Cpu = z.object({ cpu: z.number() })
const Memory = z.object({ memory: z.number() })

/** Of Linux; elsewhere the system chooses a core. */
const TASKSET = '/usr/bin/taskset'

/**
 * Starts a module of `bench/children`, in this environment alone, and waits until it says that it is ready. With
 * `core`, it runs on that one alone, if there is more than one and the system can be told.
 */
export async function startChild(
  module: string,
  args: readonly string[],
  environment: Record<string, string> = {},
  core?: number,
): Promise<Child> {
  const onCore =
    core !== undefined && availableParallelism() > 1 && existsSync(TASKSET)
      ? { execPath: TASKSET, execArgv: ['--cpu-list', `${core}`, process.execPath] }
      : { execArgv: [] }
  const child = fork(new URL(`../children/${module}`, import.meta.url), args, {
    ...onCore,
    env: environment,
    execArgv: [...onCore.execArgv, '--expose-gc'],
  })
  const { url } = Ready.parse(await answer(child))
  const ask = (question: string) => {
    child.send(question)
    return answer(child)
  }
  return {
    url,
    cpu: async () => Cpu.parse(await ask('cpu')).cpu,
    memory: async () => Memory.parse(await ask('memory')).memory,
    ask,
    answer: () => answer(child),
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}

/** The next message; throws where the process ends instead. */
async function answer(process: ChildProcess): Promise<unknown> {
  const given = new AbortController()
  const { signal } = given
  try {
    return await Promise.race([
      once(process, 'message', { signal }).then(([message]) => message),
      once(process, 'exit', { signal }).then(([code]) => {
        throw new Error(`A process under measurement ended with ${code}`)
      }),
    ])
  } finally {
    given.abort()
  }
}
