import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { styleText } from 'node:util'
import { Command } from 'commander'
import type { App } from '../app.ts'
import { readConfig } from '../config.ts'
import { toDatabaseFault } from '../database/faults.ts'
import { howToRun } from '../how-to-run.ts'
import { createLogger } from '../log.ts'

/** `npm start`: starts the whole system, and stops it on Ctrl-C or SIGTERM. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('Run the API until Ctrl-C or SIGTERM.')
    .action(async () => {
      // Imported here alone: GraphQL and its transports take half a second to load, which other commands do not need.
      const { openApp } = await import('../app.ts')
      const config = readConfig()
      const stop = new AbortController()
      const onSignal = (): void => {
        // The second time: whatever holds up an orderly end is abandoned; the database survives that.
        if (stop.signal.aborted) process.exit(130)
        stop.abort()
      }
      process.on('SIGINT', onSignal)
      process.on('SIGTERM', onSignal)
      const started = performance.now()
      await using app = await openUnless(stop.signal, () =>
        openApp(config, createLogger(config), stop.signal),
      )
      if (app === undefined) return
      const seconds = ((performance.now() - started) / 1000).toFixed(1)
      const { ready, reason } = await app.readiness()
      const state = ready
        ? `Heliograph is ready after ${seconds} s`
        : `Heliograph has started after ${seconds} s, but is not ready (${reason})`
      process.stdout.write(`${state}\n${banner(app, process.stdout.isTTY)}`)
      if (!ready) tellWhenReady(app, stop.signal)
      if (!stop.signal.aborted) await once(stop.signal, 'abort')
    })
}

/** Writes a line when the server has become ready, unless the signal aborts before. */
async function tellWhenReady({ readiness }: App, signal: AbortSignal): Promise<void> {
  do {
    await sleep(1000, undefined, { signal, ref: false }).catch(() => {})
    if (signal.aborted) return
  } while (!(await readiness()).ready)
  process.stdout.write('Heliograph is ready\n')
}

/** undefined if the signal aborted before it was open. */
async function openUnless<Value>(
  signal: AbortSignal,
  open: () => Promise<Value>,
): Promise<Value | undefined> {
  try {
    return await open()
  } catch (error) {
    if (!signal.aborted) throw error
    const isAway = toDatabaseFault(error)?.code === 'DATABASE_UNAVAILABLE'
    if (isAway || (error instanceof Error && error.name === 'AbortError')) return undefined
    throw error
  }
}

/** What a person should know when the server has started. */
function banner(
  { url, data, storage, adminToken, publicRead, simulatedPlants, sources }: App,
  terminal: boolean,
): string {
  const bold = (text: string) => (terminal ? styleText('bold', text) : text)
  const rows: [string, string][] = [
    ['Page', bold(url)],
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
  for (const [index, { name, kind, plantId }] of sources.entries()) {
    rows.push([
      index === 0 ? 'Sources' : '',
      `${name} (${kind}) gives the readings of plant ${plantId}`,
    ])
  }
  if (simulatedPlants > 0) {
    rows.push(
      [
        'Plants',
        `${simulatedPlants} simulated, every reading of it made up. ${howToRun('connect')} connects a real one; so do`,
      ],
      ['', `${howToRun('import')} and recordTelemetry. SIMULATE=0 leaves the simulation out`],
    )
  }
  if (simulatedPlants === 0 && sources.length === 0) {
    rows.push(
      [
        'Sources',
        `none is configured: ${howToRun('connect')} connects a plant; readings also come from`,
      ],
      ['', `${howToRun('import')} and recordTelemetry, and SIMULATE=1 makes some up`],
    )
  }
  return rows.map(([name, value]) => `  ${name.padEnd(12)} ${value}\n`).join('')
}
