import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openDatabase } from '../../../src/database/database.ts'
import { runningEmbeddedUrl } from '../../../src/database/embedded/embedded-postgres.ts'
import { freePort } from '../../../src/database/embedded/spawn-postgres.ts'
import { instantOf } from '../../../src/database/instant.ts'
import { killPostgres, postgresPid } from '../../database/embedded/postgres-process.ts'
import { createApiClient } from '../client.ts'
import type { Environment } from '../program.ts'
import { openServer } from '../server.ts'
import { follow } from './follower.ts'
import { type Importer, keepImporting } from './importer.ts'
import type { Kill } from './kill.ts'
import { type Comparison, Ledger } from './ledger.ts'
import { superviseServer } from './supervisor.ts'
import { keepRecording } from './writer.ts'

const TOKEN = 'drill-admin-token'
const WRITERS = 2
const FIRST_IMPORTED_PLANT = 100
const A_DAY_MS = 86_400_000
/** How many of the newest readings are compared: many more than are under way at any moment. */
const AT_RISK = 500
const PATIENCE_MS = 60_000

/**
 * A server on an embedded database that is written to, imported into and subscribed to while parts of it are killed.
 */
export interface Drill extends AsyncDisposable {
  /** The address of the server, whenever it runs. */
  readonly url: string
  readonly importer: Pick<Importer, 'imported' | 'runs'>
  /** The address of its PostgreSQL, once it runs. */
  databaseUrl(): Promise<string>
  kill(kill: Kill): Promise<void>
  /**
   * Resolves when readings are acknowledged again and their subscribers have them; throws where that takes a minute,
   * or anything was told that a fall does not explain.
   */
  recovered(): Promise<void>
  /** Compares the readings at risk, while all continues. */
  compareNewest(): Promise<Comparison>
  /** Waits for the import to end, ends everything in order, and compares all readings. */
  finish(): Promise<Comparison>
}

/** `folder` is for its files, and must be empty. */
export async function openDrill(options: {
  folder: string
  /** Rows of each file that is imported. */
  rows: number
  environment?: Environment
}): Promise<Drill> {
  await using opening = new AsyncDisposableStack()
  const dataDir = join(options.folder, 'data')
  await mkdir(dataDir, { mode: 0o700 })
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const environment = {
    ...options.environment,
    HELIOGRAPH_DATA_DIR: dataDir,
    ADMIN_TOKEN: TOKEN,
    PORT: `${port}`,
    SIMULATE: '0',
    LOG_FORMAT: 'json',
  }
  {
    // Ended in order, so that the next ones find what it compiled: a killed process leaves no compile cache.
    await using _first = await openServer(environment)
  }
  const ledger = new Ledger(instantOf(new Date(Date.now() - A_DAY_MS)))
  const supervisor = opening.use(superviseServer(environment))
  const client = createApiClient(url, TOKEN)
  const recording = opening.use(new AsyncDisposableStack())
  const pairs = Array.from({ length: WRITERS }, (_, index) => ({
    writer: recording.use(keepRecording(client, ledger, index + 1)),
    follower: recording.use(follow(url, index + 1)),
  }))
  const importer = opening.use(
    keepImporting(ledger, {
      ...{ folder: options.folder, environment, firstPlant: FIRST_IMPORTED_PLANT },
      rows: options.rows,
    }),
  )
  const failed = [
    supervisor.failed,
    importer.failed,
    ...pairs.flatMap(({ writer, follower }) => [writer.failed, follower.failed]),
  ]

  const databaseUrl = async (): Promise<string> => {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    for (;;) {
      const running = await runningEmbeddedUrl(dataDir)
      if (running !== undefined) return running
      if (signal.aborted) throw new Error(`No PostgreSQL answers in ${dataDir}`)
      await sleep(5)
    }
  }
  const withDatabase = async <Value>(
    work: (database: ReturnType<typeof openDatabase>) => Promise<Value>,
  ): Promise<Value> => {
    await using database = openDatabase({
      ...{ url: await databaseUrl(), poolSize: 1, statementTimeout: 60_000 },
    })
    return await work(database)
  }
  const killDatabase = async (): Promise<void> => {
    supervisor.excuseStart()
    while ((await postgresPid(dataDir)) === undefined) await sleep(5)
    supervisor.excuseStart()
    await killPostgres(dataDir)
  }

  const open = opening.move()
  return {
    url,
    importer,
    databaseUrl,
    kill: async ({ kind, serverFirst, gapMs, importToo }) => {
      const works = { server: supervisor.kill, postgres: killDatabase }
      const order = serverFirst
        ? (['server', 'postgres'] as const)
        : (['postgres', 'server'] as const)
      if (importToo) importer.kill()
      if (kind !== 'both') return await works[kind]()
      await works[order[0]]()
      await sleep(gapMs)
      await works[order[1]]()
    },
    recovered: async () => {
      const waiting = new AbortController()
      const { signal } = waiting
      const tooLate = sleep(PATIENCE_MS, undefined, { signal }).then(
        () => Promise.reject(new Error(`Not recovered within ${PATIENCE_MS} ms`)),
        () => new Promise<never>(() => {}),
      )
      const all = pairs.map(async ({ writer, follower }) => {
        // The first acknowledgement may belong to what was sent before the kill.
        for (const _ of ['under way', 'sent since']) {
          const before = writer.newest
          while (writer.newest === before && !signal.aborted) await sleep(5)
        }
        await follower.reached(writer.newest / 1000)
      })
      try {
        await Promise.race([Promise.all(all), tooLate, ...failed])
      } finally {
        waiting.abort()
      }
    },
    compareNewest: () =>
      withDatabase((database) =>
        ledger.compareNewest(
          database,
          pairs.map(({ writer }) => writer.plantId),
          AT_RISK,
        ),
      ),
    finish: async () => {
      await importer.finish()
      await recording.disposeAsync()
      const comparison = await withDatabase((database) => ledger.compare(database))
      await Promise.race([supervisor.stop(), ...failed])
      if ((await postgresPid(dataDir)) !== undefined) throw new Error('PostgreSQL was left running')
      return comparison
    },
    [Symbol.asyncDispose]: async () => {
      await open.disposeAsync()
      const left = await postgresPid(dataDir)
      if (left !== undefined) process.kill(left, 'SIGKILL')
    },
  }
}
