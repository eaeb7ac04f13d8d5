import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import manifest from '../../package.json' with { type: 'json' }
import { run } from '../support/program.ts'
import { openDataFolder, openServer } from '../support/server.ts'
import { EveryPlant } from './operations.ts'

const root = resolve(import.meta.dirname, '../..')
/** npm compresses 60 MB, and unpacks 360. */
const LONG = 300_000

let folder: string
let program: string
let said: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heliograph-package-'))
  await npm(root, 'pack', '--pack-destination', folder)
  const [file = ''] = await readdir(folder)
  said = await npm(
    ...[folder, 'install', '--prefer-offline', '--no-audit', '--no-fund', '--prefix', folder],
    join(folder, file),
  )
  program = join(folder, 'node_modules/.bin/heliograph')
}, LONG)
afterAll(() => rm(folder, { recursive: true }), LONG)

/** Returns everything that npm says. */
async function npm(cwd: string, ...words: string[]): Promise<string> {
  const env = { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' }
  const { stdout, stderr } = await promisify(execFile)('npm', words, { cwd, env })
  return stdout + stderr
}

const Lock = z.object({ packages: z.record(z.string(), z.object({ version: z.string() })) })

/** The packages of a lock file by their place. */
async function readLock(file: string) {
  return new Map(Object.entries(Lock.parse(JSON.parse(await readFile(file, 'utf8'))).packages))
}

test('installs the pinned packages without complaints about engines, and no tool of development', async () => {
  expect(said).not.toContain('EBADENGINE')
  const installed = await readLock(join(folder, 'node_modules/.package-lock.json'))
  for (const [name, version] of Object.entries(manifest.dependencies)) {
    expect([name, installed.get(`node_modules/${name}`)?.version]).toEqual([name, version])
  }
  const tools = ['typescript', 'vitest', '@biomejs/biome', '@graphql-codegen/cli'] as const
  for (const name of tools) {
    expect(manifest.devDependencies).toHaveProperty([name])
    expect(installed.has(`node_modules/${name}`), name).toBe(false)
  }
})

test('starts from an empty folder, serves the page and answers, takes commands meanwhile, and ends on SIGTERM', async () => {
  await using data = await openDataFolder()
  const environment = { HELIOGRAPH_DATA_DIR: data.path }
  await using server = await openServer(environment, [program])
  expect(server.program.stdout).toMatch(/^Heliograph is ready after/)
  expect(server.program.stdout).toContain('npx heliograph connect')
  expect(server.program.stderr).not.toMatch(/warning|^\s+at /im)
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200)

  const page = await (await fetch(`${server.url}/`)).text()
  const [, main = ''] = /<script type="module"[^>]* src="([^"]+)"/.exec(page) ?? []
  const module = await fetch(new URL(main, server.url))
  expect(module.headers.get('content-type')).toContain('text/javascript')
  expect(await module.text()).toContain('import ')

  expect((await server.as().ask(EveryPlant)).plants).toHaveLength(1)
  expect(await run(['migrate'], environment, [program])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('UP_TO_DATE'),
  })
  expect(await run(['sevre'], environment, [program])).toMatchObject({ code: 1, stdout: '' })
})
