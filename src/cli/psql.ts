import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { Command } from 'commander'
import { readConfig } from '../config.ts'
import { openEmbeddedPostgres } from '../database/embedded/embedded-postgres.ts'
import { Fault } from '../fault.ts'
import { howToRun } from '../how-to-run.ts'
import { createLogger } from '../log.ts'

/**
 * `npm run psql -- …`: runs psql on the database; on the embedded one whether a server runs or not. What follows `--`
 * is passed on to psql. The exit code is psql's.
 */
export function psqlCommand(): Command {
  return new Command('psql')
    .description('Open psql on the database; what follows -- is passed on to it.')
    .argument('[words...]', 'options of psql, such as -c "select 1"')
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (words: string[]) => {
      const program = findPsql(process.env.PATH ?? '')
      const config = readConfig()
      const { dataDir, databaseUrl, workingDirectory } = config
      await using opening = new AsyncDisposableStack()
      const url =
        databaseUrl ??
        opening.use(
          await openEmbeddedPostgres({ dataDir, role: 'guest', log: createLogger(config) }),
        ).url
      process.exitCode = await runPsql(program, { url, words, workingDirectory })
    })
}

function findPsql(path: string): string {
  for (const folder of path.split(delimiter)) {
    const file = join(folder, 'psql')
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch {}
  }
  throw new Fault(
    'NOT_FOUND',
    `Expected psql on PATH, found none: install the client of PostgreSQL (postgresql-client), or give another client the address that ${howToRun('psql-url')} prints`,
  )
}

async function runPsql(
  program: string,
  options: { url: string; words: readonly string[]; workingDirectory: string },
): Promise<number> {
  const { address, environment } = withoutPassword(options.url)
  const child = spawn(program, [`--dbname=${address}`, ...options.words], {
    cwd: options.workingDirectory,
    env: environment,
    stdio: 'inherit',
  })
  // Ctrl-C reaches both. It ends a query of psql, and must not end this process, which keeps the database running.
  const onInterrupt = (): void => {}
  const onTerminate = (): void => {
    child.kill('SIGTERM')
  }
  process.on('SIGINT', onInterrupt)
  process.on('SIGTERM', onTerminate)
  try {
    const [code] = await once(child, 'exit')
    return typeof code === 'number' ? code : 1
  } finally {
    process.off('SIGINT', onInterrupt)
    process.off('SIGTERM', onTerminate)
  }
}

/** The URL in a form that psql understands, and its password for the environment: everyone can see a command line. */
function withoutPassword(url: string): { address: string; environment: NodeJS.ProcessEnv } {
  const address = new URL(url)
  const password =
    address.password === ''
      ? address.searchParams.get('password')
      : decodeURIComponent(address.password)
  address.password = ''
  // psql asks if it needs sslpassword; uselibpqcompat is an option of this server's driver.
  for (const name of ['password', 'uselibpqcompat', 'sslpassword'])
    address.searchParams.delete(name)
  // Variables that this server ignores, and that would make psql connect elsewhere than the URL says.
  const { PGHOSTADDR: _address, PGSERVICE: _service, ...environment } = process.env
  if (password !== null) environment.PGPASSWORD = password
  return { address: address.href, environment }
}
