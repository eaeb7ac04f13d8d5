import { styleText } from 'node:util'
import type { App } from '../app.ts'
import { Fault } from '../fault.ts'

/** What a person should know once the server is ready. */
export function banner(
  { url, data, storage, adminToken, pendingMigrations, publicRead, simulatedPlants }: App,
  { seconds, terminal }: { seconds: string; terminal: boolean },
): string {
  const bold = (text: string) => (terminal ? styleText('bold', text) : text)
  const rows: [string, string][] = [
    ['GraphiQL', bold(`${url}/graphql`)],
    ['Data', data],
    [
      'Readings',
      storage.kind === 'HYPERTABLE'
        ? `a hypertable of TimescaleDB ${storage.timescaledbVersion}`
        : `${storage.kind === 'MISSING' ? 'no table' : 'a regular table'}: ${storage.reason}`,
    ],
    ['Access', publicRead ? 'reading needs no token' : 'reading needs a token'],
    ['Admin token', adminToken],
  ]
  if (pendingMigrations instanceof Fault) {
    rows.push(['Migrations', `not known: ${pendingMigrations.message}`])
  } else if (pendingMigrations > 0) {
    rows.push(['Migrations', `${pendingMigrations} pending: call runMigration, or npm run migrate`])
  }
  if (simulatedPlants > 0) {
    rows.push(
      [
        'Plants',
        `${simulatedPlants} simulated, every reading of it made up. For a real one send its readings with`,
      ],
      ['', 'recordTelemetry, or npm run import; SIMULATE=0 leaves the simulation out'],
    )
  }
  const lines = rows.map(([name, value]) => `  ${name.padEnd(12)} ${value}`)
  return `Heliograph is ready after ${seconds} s\n${lines.join('\n')}\n`
}
