import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { freePort } from '../../src/database/embedded/spawn-postgres.ts'
import { openTestDatabase } from '../support/database.ts'
import { rollUpEverything } from '../support/rollups.ts'
import { openServer, type Server } from '../support/server.ts'

const deploy = resolve(import.meta.dirname, '../../deploy')
const rulesFile = join(deploy, 'prometheus/heliograph.rules.yml')

const Target = z.object({ rawSql: z.string().optional(), expr: z.string().optional() })
const Dashboard = z.object({
  panels: z.array(z.object({ title: z.string(), targets: z.array(Target).default([]) })),
})

let server: Server
beforeAll(async () => {
  server = await openServer()
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
})

async function readTargets(): Promise<(z.infer<typeof Target> & { title: string })[]> {
  const text = await readFile(join(deploy, 'grafana/heliograph.json'), 'utf8')
  const { panels } = Dashboard.parse(JSON.parse(text))
  return panels.flatMap(({ title, targets }) => targets.map((target) => ({ title, ...target })))
}

/** The names of the metrics in a text, but `up`, which Prometheus makes itself. */
function metricsIn(text: string): string[] {
  return [...text.matchAll(/\b(?:heliograph|process|nodejs)_\w+/g)].map(([name]) => name)
}

/** The names of all series of a server that has answered a request and polled its source. */
async function readSeries(): Promise<Set<string>> {
  await fetch(`${server.url}/graphql?query={plants{name}}`)
  const scrape = async () => {
    const text = await (await fetch(`${server.url}/metrics`)).text()
    return new Set(text.split('\n').flatMap((line) => /^\w+/.exec(line) ?? []))
  }
  await expect
    .poll(scrape, { timeout: 30_000 })
    .toContain('heliograph_source_last_reading_age_seconds')
  return await scrape()
}

test('every metric that an alert or a panel asks for is one that a server has', async () => {
  const series = await readSeries()
  const rules = await readFile(rulesFile, 'utf8')
  const expressions = (await readTargets()).flatMap(({ expr }) => expr ?? [])
  const asked = new Set(metricsIn([rules, ...expressions].join('\n')))
  expect([...asked].filter((name) => !series.has(name))).toEqual([])
  expect(asked.size).toBeGreaterThan(15)
})

test('every question of the dashboard in SQL gives the rows of its range, to the role for reading', async () => {
  await using database = await openTestDatabase('native')
  const { kysely } = database
  await sql`insert into solark.plant (id, time_zone) values (7, 'UTC'), (8, 'UTC')`.execute(kysely)
  await sql`
    insert into solark.telemetry (plant_id, timestamp, pv_power, load_power, grid_power, batt_power)
    select plant, '2026-06-20Z'::timestamptz + n * interval '5 minutes', 4000, 1000, -2000, -1000
    from generate_series(0, 4 * 288) as n, unnest('{7,8}'::integer[]) as plant`.execute(kysely)
  await rollUpEverything(kysely)
  const questions = (await readTargets()).filter(({ rawSql }) => rawSql !== undefined)
  const rowsOf = (rawSql = '') => {
    const text = rawSql
      .replaceAll(/\$__timeFilter\((\w+)\)/g, '$1 between $__timeFrom() and $__timeTo()')
      .replaceAll('$__timeFrom()', "'2026-06-21T00:00:00Z'")
      .replaceAll('$__timeTo()', "'2026-06-22T23:59:59.999Z'")
      .replaceAll('$plant', '7')
    return kysely.transaction().execute(async (transaction) => {
      await sql`set local role heliograph_reader`.execute(transaction)
      return (await sql<Record<string, unknown>>`${sql.raw(text)}`.execute(transaction)).rows
    })
  }
  const found: Record<string, [number, unknown]> = {}
  for (const { title, rawSql } of questions) {
    const rows = await rowsOf(rawSql)
    found[title] = [rows.length, rows[0]?.PV]
  }
  expect(found).toEqual({
    Power: [192, expect.closeTo(4000)],
    'Energy by quarter of an hour': [192, expect.closeTo(1)],
    'Energy by day': [2, expect.closeTo(96)],
    Days: [2, expect.closeTo(96)],
  })
})

const has = (program: string) => spawnSync(program, ['--version']).error === undefined

test.skipIf(!has('promtool'))('promtool finds nothing wrong in the rules', () => {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', rulesFile], {
    encoding: 'utf8',
  })
  expect({ status, output: stdout + stderr }).toMatchObject({ status: 0 })
})

test.skipIf(!has('promtool'))('promtool finds nothing wrong in the metrics', async () => {
  await readSeries()
  const text = await (await fetch(`${server.url}/metrics`)).text()
  const own = text.split('\n\n').filter((family) => family.startsWith('# HELP heliograph_'))
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input: `${own.join('\n')}\n`,
    encoding: 'utf8',
  })
  expect({ status, output: stdout + stderr }).toEqual({ status: 0, output: '' })
})

test.skipIf(!has('prometheus'))('Prometheus scrapes a server and evaluates the rules', async () => {
  await using prometheus = await openPrometheus(server.port)
  const Vector = z.object({ data: z.object({ result: z.array(z.object({})) }) })
  const count = async (query: string) => {
    const answer = await prometheus.get(`query?query=${encodeURIComponent(query)}`)
    return Vector.safeParse(answer).data?.data.result.length
  }
  const patience = { timeout: 60_000, interval: 250 }
  await expect.poll(() => count('up{job="heliograph"} == 1'), patience).toBe(1)
  await expect.poll(() => count('heliograph_database_size_bytes > 1e6'), patience).toBe(1)
  const Rules = z.object({
    data: z.object({
      groups: z.array(z.object({ rules: z.array(z.object({ health: z.string() })) })),
    }),
  })
  const health = async () => {
    const { data } = Rules.parse(await prometheus.get('rules'))
    return data.groups.flatMap(({ rules }) => rules.map((rule) => rule.health))
  }
  await expect.poll(health, patience).toEqual(Array(10).fill('ok'))
})

/** Runs Debian's Prometheus, which scrapes the port once a second. */
async function openPrometheus(target: number) {
  await using opening = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'heliograph-prometheus-'))
  opening.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 20 }))
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [rulesFile],
    scrape_configs: [
      { job_name: 'heliograph', static_configs: [{ targets: [`127.0.0.1:${target}`] }] },
    ],
  }
  const file = join(folder, 'prometheus.yml')
  await writeFile(file, JSON.stringify(config)) // JSON is YAML.
  const port = await freePort()
  const options = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]
  const child = spawn('prometheus', options, { stdio: 'ignore' })
  const exited = once(child, 'exit')
  opening.defer(async () => {
    child.kill('SIGTERM')
    await exited
  })
  const open = opening.move()
  return {
    get: async (path: string): Promise<unknown> => {
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`).catch(() => undefined)
      return response?.ok ? await response.json() : undefined
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}
