import { Command } from 'commander'
import { readConfig } from '../config.ts'
import { runningEmbeddedUrl } from '../database/embedded/embedded-postgres.ts'
import { Fault } from '../fault.ts'

/** `npm run psql-url`: prints the address of the database for other programs; for psql itself see `npm run psql`. */
export function psqlUrlCommand(): Command {
  return new Command('psql-url')
    .description('Print the address of the database, password included, for other programs.')
    .action(async () => {
      const config = readConfig()
      const url = config.databaseUrl ?? (await runningEmbeddedUrl(config.dataDir))
      if (url === undefined) {
        throw new Fault(
          'DATABASE_UNAVAILABLE',
          `No database runs in ${config.dataDir}: start the server`,
        )
      }
      process.stdout.write(`${url}\n`)
    })
}
