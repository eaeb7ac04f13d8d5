import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { sharedFolder } from './shared-folder.ts'

export const mainProgram = resolve(import.meta.dirname, '../../src/main.ts')

/** What one process of a run has compiled, the others reuse: a third less work for each. */
export const compileCache = { NODE_COMPILE_CACHE: join(sharedFolder, 'compile-cache') }

/** Environment variables by name; a program gets these, PATH and TZ, and nothing else of the test's own. */
export type Environment = Readonly<Record<string, string>>

/** `node src/main.ts …` in a process of its own. */
export interface Program extends AsyncDisposable {
  readonly pid: number
  /** What it has written so far. */
  readonly stdout: string
  readonly stderr: string
  /** Resolves when standard output matches the pattern; rejects if the program ends before. */
  written(pattern: RegExp): Promise<RegExpExecArray>
  kill(signal: NodeJS.Signals): void
  /** The exit code; rejects if a signal ended it. */
  readonly exited: Promise<number>
}

export interface Outcome {
  code: number
  stdout: string
  stderr: string
}

/** Starts the program; one that still runs when the test is over is killed. `command` is how it is called. */
export function startProgram(
  words: readonly string[],
  environment: Environment,
  command: readonly [string, ...string[]] = [process.execPath, mainProgram],
): Program {
  const { PATH = '' } = process.env
  const [file, ...first] = command
  const child = spawn(file, [...first, ...words], {
    cwd: tmpdir(),
    env: { PATH, TZ: 'UTC', ...compileCache, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text
    })
  }
  const closed = once(child, 'close')
  const exited = closed.then(([code, signal]) => {
    if (typeof code === 'number') return code
    throw new Error(`The program was ended by ${signal}\n${output.stderr}`)
  })
  exited.catch(() => {})
  return {
    pid: child.pid ?? 0,
    get stdout() {
      return output.stdout
    },
    get stderr() {
      return output.stderr
    },
    written: (pattern) => {
      const found = Promise.withResolvers<RegExpExecArray>()
      const look = () => {
        const match = pattern.exec(output.stdout)
        if (match !== null) found.resolve(match)
      }
      child.stdout.on('data', look)
      look()
      const ended = () => found.reject(new Error(`It ended:\n${output.stdout}${output.stderr}`))
      closed.then(ended, ended)
      return found.promise.finally(() => child.stdout.off('data', look))
    },
    kill: (signal) => child.kill(signal),
    exited,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await closed
    },
  }
}

/** Runs a command to its end. */
export async function run(
  words: readonly string[],
  environment: Environment,
  command?: readonly [string, ...string[]],
): Promise<Outcome> {
  await using program = startProgram(words, environment, command)
  const code = await program.exited
  return { code, stdout: program.stdout, stderr: program.stderr }
}
