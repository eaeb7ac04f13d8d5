import { chmod, mkdir, mkdtemp, readdir, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { administratorUrl } from '../../src/database/embedded/connection.ts'
import { dataFolder } from '../../src/database/embedded/data-folder.ts'
import { openEmbeddedPostgres } from '../../src/database/embedded/embedded-postgres.ts'
import { createLogger } from '../../src/log.ts'
import { foldersIn, lasting, processesIn } from './leaks.ts'
import { createTemplate } from './native.ts'

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string
    /** Name of the database that migrated ones are copied from. */
    template: string
    /** Whether the migrations make a hypertable in that PostgreSQL. */
    nativeHypertable: boolean
    /** Where each test file has a folder of its own, for all that its tests make. */
    runFolder: string
  }
}

/**
 * * One embedded PostgreSQL for the whole run, or the one of TEST_DATABASE_URL, whose role may create databases and
 * roles. Each test creates a database of its own in it. All temporary files of the run are in one folder: what is left
 * behind, and leave-nothing.ts did not see, fails the run.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await using opening = new AsyncDisposableStack()
  const runFolder = await mkdtemp(join(tmpdir(), 'heliograph-test-'))
  opening.defer(() => rm(runFolder, { recursive: true, force: true }))
  // If the tests run as root, PostgreSQL runs as another user, who must be able to enter the folder.
  await chmod(runFolder, 0o755)
  process.env.TMPDIR = runFolder
  process.env.SHARED_FOLDER = join(runFolder, 'shared')
  await mkdir(process.env.SHARED_FOLDER)
  const postgres = opening.use(await openPostgres(join(runFolder, 'postgres-of-the-run')))
  const template = opening.use(await createTemplate(postgres.url))
  // From here on the returned function ends the run: it looks for leaks between the two.
  opening.move()
  project.provide('postgresUrl', postgres.url)
  project.provide('template', template.name)
  project.provide('nativeHypertable', template.hasHypertable)
  project.provide('runFolder', runFolder)
  return async () => {
    await template[Symbol.asyncDispose]()
    await postgres[Symbol.asyncDispose]()
    // If all tests of a file are skipped, no hook removes its folder.
    for (const folder of await readdir(runFolder)) {
      if (folder.startsWith('heliograph-file-'))
        await rmdir(join(runFolder, folder)).catch(() => {})
    }
    const leaks = await lasting(async () => [
      ...(await foldersIn(runFolder, 'heliograph')),
      ...(await processesIn(runFolder)),
    ])
    await rm(runFolder, { recursive: true, force: true })
    if (leaks.length > 0) throw new Error(`Tests left behind:\n${leaks.join('\n')}`)
  }
}

async function openPostgres(dataDir: string): Promise<{ readonly url: string } & AsyncDisposable> {
  const { TEST_DATABASE_URL: url } = process.env
  if (url) return { url, [Symbol.asyncDispose]: async () => {} }
  const log = createLogger({ logLevel: 'warn', logFormat: 'json' })
  const postgres = await openEmbeddedPostgres({ dataDir, role: 'server', log })
  return {
    // Tests make databases, roles and settings of their own.
    url: await administratorUrl(dataFolder(dataDir), Number(new URL(postgres.url).port)),
    [Symbol.asyncDispose]: async () => {
      await postgres[Symbol.asyncDispose]()
      await rm(dataDir, { recursive: true })
    },
  }
}
