import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { postgresPid } from '../database/embedded/postgres-process.ts'
import { type Client, createApiClient } from './client.ts'
import { type Environment, type Program, startProgram } from './program.ts'

/** A server in a process of its own, as `npm start` runs it. */
export interface Server extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly dataDir: string
  readonly adminToken: string
  /** Everything that it has written. */
  readonly program: Program
  /** Calls it with the given token, or without one. */
  as(token?: string): Client
  /** Ends it in order, and returns how many milliseconds that took; throws unless it ends with code 0. */
  stop(signal?: NodeJS.Signals): Promise<number>
}

/** A folder of its own for the data of servers and commands, gone when disposed. */
export async function openDataFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'heliograph-app-'))
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      const pid = await postgresPid(path)
      if (pid !== undefined) process.kill(pid, 'SIGKILL')
      await rm(path, { recursive: true, force: true, maxRetries: 20 })
      if (pid !== undefined) throw new Error(`PostgreSQL was left running in ${path}`)
    },
  }
}

/**
 * Starts a server on a port that the system chooses, and waits until it says that it is ready. Without
 * HELIOGRAPH_DATA_DIR in the environment it gets a fresh folder, which goes when the server does. Disposing
 * ends it by SIGTERM, and throws unless it ends in order and leaves no PostgreSQL behind.
 */
export async function openServer(
  environment: Environment = {},
  command?: readonly [string, ...string[]],
): Promise<Server> {
  await using opening = new AsyncDisposableStack()
  const dataDir = environment.HELIOGRAPH_DATA_DIR ?? opening.use(await openDataFolder()).path
  const program = opening.use(
    startProgram(['serve'], { PORT: '0', ...environment, HELIOGRAPH_DATA_DIR: dataDir }, command),
  )
  const [, url = '', port] = await program.written(/GraphiQL +(http:\/\/\S+:(\d+)\S*)\/graphql\n/)
  await program.written(/Admin token .*\n/)
  const adminToken =
    environment.ADMIN_TOKEN ?? (await readFile(join(dataDir, 'admin-token'), 'utf8')).trim()

  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number> => {
    const asked = performance.now()
    program.kill(signal)
    const code = await program.exited
    if (code !== 0) throw new Error(`The server ended with ${code}:\n${program.stderr}`)
    return performance.now() - asked
  }
  opening.defer(async () => {
    await stop()
    const left = environment.DATABASE_URL === undefined ? await postgresPid(dataDir) : undefined
    if (left !== undefined) throw new Error(`PostgreSQL was left running in ${dataDir}`)
  })
  const open = opening.move()
  return {
    url,
    port: Number(port),
    dataDir,
    adminToken,
    program,
    as: (token) => createApiClient(url, token),
    stop,
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}
