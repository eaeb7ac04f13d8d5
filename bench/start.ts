import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Client, createClient } from 'graphql-ws'
import type { Browser } from 'playwright-core'
import { WebSocket } from 'ws'
import { openEmbeddedPostgres } from '../src/database/embedded/embedded-postgres.ts'
import { createLogger } from '../src/log.ts'
import { hasChromium, openChromium } from '../test/web/tab.ts'
import { compare, type Finding } from './support/finding.ts'
import { interleave } from './support/interleave.ts'

const ROUNDS = 3
const SUBSCRIPTIONS = 10
const projectRoot = new URL('..', import.meta.url)

/** Seconds of one life in a new data folder. */
interface Life {
  first: number
  /** From the ready line of the first start to a picture that moves, in a browser that is open; 0 without a browser. */
  picture: number
  later: number
  /** From Ctrl-C, with open subscriptions, to the end of the process; of the database alone, from its stop. */
  end: number
}

/** `npm start` in a new folder, Ctrl-C, and again, against opening its database alone. */
export async function benchStart(signal: AbortSignal): Promise<Finding[]> {
  await using browser = hasChromium ? await openChromium() : undefined
  const measured = await interleave(
    { database: () => live(openDatabaseAlone), heliograph: () => live(npmStart(browser)) },
    { rounds: ROUNDS, signal, title: 'start' },
  )
  const series = (measure: (life: Life) => number) => ({
    candidate: measured.heliograph.map(measure),
    baseline: measured.database.map(measure),
  })
  return [
    compare(
      'First npm start to its ready line, by initdb and PostgreSQL alone',
      's',
      series(({ first }) => first),
      { of: 'candidate', atMost: 5 },
    ),
    ...(browser === undefined ? [] : [pictureFinding(measured.heliograph)]),
    compare(
      'Later npm start, by PostgreSQL alone',
      's',
      series(({ later }) => later),
      { of: 'candidate', atMost: 2 },
    ),
    compare(
      `Ctrl-C with ${SUBSCRIPTIONS} open subscriptions to the end, by PostgreSQL alone`,
      's',
      series(({ end }) => end),
      { of: 'candidate', atMost: 2 },
    ),
  ]
}

function pictureFinding(lives: readonly Life[]): Finding {
  return compare(
    'First npm start to a moving picture in the browser, by its ready line',
    's',
    {
      candidate: lives.map(({ first, picture }) => first + picture),
      baseline: lives.map(({ first }) => first),
    },
    { of: 'candidate', atMost: 8 },
  )
}

/** Starts something on a data folder, and answers as soon as it can be used. */
type Start = (dataDir: string) => Promise<Started>

interface Started {
  /** Waits for what a person sees first. */
  show(): Promise<void>
  /** Opens what shall be open when it ends. */
  use(): Promise<void>
  end(): Promise<void>
}

async function live(start: Start): Promise<Life> {
  const dataDir = await mkdtemp(join(tmpdir(), 'heliograph-bench-'))
  try {
    const [first, opened] = await timed(() => start(dataDir))
    const [picture] = await timed(() => opened.show())
    await opened.end()
    const [later, again] = await timed(() => start(dataDir))
    await again.use()
    const [end] = await timed(() => again.end())
    return { first, picture, later, end }
  } finally {
    await rm(dataDir, { recursive: true })
  }
}

async function timed<Value>(work: () => Promise<Value>): Promise<[number, Value]> {
  const start = performance.now()
  const value = await work()
  return [(performance.now() - start) / 1000, value]
}

const openDatabaseAlone: Start = async (dataDir) => {
  const log = createLogger({ logLevel: 'warn', logFormat: 'json' })
  const database = await openEmbeddedPostgres({ dataDir, role: 'server', log })
  return {
    show: async () => {},
    use: async () => {},
    end: async () => database[Symbol.asyncDispose](),
  }
}

const npmStart =
  (browser: Browser | undefined): Start =>
  async (dataDir) => {
    const npm = spawn('npm', ['start'], {
      cwd: projectRoot,
      env: { ...process.env, HELIOGRAPH_DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'warn' },
      // A process group of its own, which a Ctrl-C reaches as a whole.
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const url = await addressOf(npm)
    const clients: Client[] = []
    return {
      show: async () => {
        if (browser === undefined) return
        await using page = await browser.newPage()
        await page.goto(url)
        await page.waitForFunction(() => document.getAnimations().length > 0)
      },
      use: async () => {
        while (clients.length < SUBSCRIPTIONS) {
          clients.push(await subscribe(`${url.replace('http', 'ws')}/graphql`))
        }
      },
      end: async () => {
        const ended = once(npm, 'exit')
        process.kill(-(npm.pid ?? 0), 'SIGINT')
        await ended
        for (const client of clients) await client.dispose()
      },
    }
  }

/** Waits for the ready lines, of which one has the address. */
async function addressOf({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error('npm start has no output')
  const lines = createInterface({ input: stdout })
  for await (const line of lines) {
    const address = /GraphiQL\s+(http:\S+)\/graphql/.exec(line)?.[1]
    if (address !== undefined) return address
  }
  throw new Error('npm start ended before it was ready')
}

/** Opens a live subscription, and waits until it has its first reading. */
async function subscribe(url: string): Promise<Client> {
  const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 })
  const first = Promise.withResolvers<void>()
  client.subscribe(
    { query: 'subscription { latestEnergy { timestamp } }' },
    { next: () => first.resolve(), error: first.reject, complete: () => {} },
  )
  await first.promise
  return client
}
