import { execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openServer, type Server } from '../support/server.ts'

const root = resolve(import.meta.dirname, '../..')

/** A server as `npm start` runs it the first time, with its simulated plant. */
let server: Server
beforeAll(async () => {
  server = await openServer()
})
afterAll(() => server[Symbol.asyncDispose]())

/** The snippet below a heading of the document, about the server of this test. */
function snippetBelow(heading: string, language: string, file = 'docs/clients.md'): string {
  const text = readFileSync(join(root, file), 'utf8')
  const [, part = ''] = text.split(`\n## ${heading}\n`)
  const [, snippet] = new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(part) ?? []
  if (snippet === undefined) throw new Error(`Expected ${language} below ${heading}`)
  return snippet.replaceAll('127.0.0.1:4000', `127.0.0.1:${server.port}`)
}

/** A folder in which the packages are found, as in a project of somebody who installed them. */
async function openProject(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'heliograph-client-'))
  await symlink(join(root, 'node_modules'), join(path, 'node_modules'))
  await writeFile(join(path, 'package.json'), '{ "type": "module" }')
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

/** Runs a command until its output has a line for each pattern, in this order, and ends it. */
async function runUntil(
  [command = '', ...args]: readonly string[],
  cwd: string,
  patterns: readonly RegExp[],
): Promise<void> {
  const child = spawn(command, args, { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<void>((done) => child.once('close', () => done()))
  let errors = ''
  child.stderr.on('data', (data) => (errors += data))
  const said: string[] = []
  let next = 0
  for await (const line of createInterface(child.stdout)) {
    said.push(line)
    if (patterns[next]?.test(line)) next++
    if (next === patterns.length) break
  }
  if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
  await ended
  if (next < patterns.length) {
    throw new Error(`Expected ${patterns[next]}, got:\n${said.join('\n')}\n${errors}`)
  }
}

test('the first query of the README works on a fresh install', async () => {
  const query = snippetBelow('Connect a client', 'graphql', 'README.md')
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  })
  expect(await response.json()).toMatchObject({
    data: { plants: [{ plantId: 900_001, latest: { soc: expect.any(Number) } }] },
  })
})

test.for([
  ['README.md', 'Connect a client'],
  ['docs/clients.md', 'Without a library'],
] as const)('curl follows the plant: %s', async ([file, heading]) => {
  const events = [/^event: next$/, /^data: .*"latestEnergy":\{"plantId":900001/]
  await runUntil(['sh', '-c', snippetBelow(heading, 'sh', file)], root, events)
})

const live = [/plantId: 900001/, /plantId: 900001/]

test.for([
  ['graphql-ws', live],
  ['Apollo Client', [/id: 'UGxhbnQ6OTAwMDAx'/, ...live]],
  ['urql', [/id: 'UGxhbnQ6OTAwMDAx'/, ...live]],
] as const)('%s reads and follows', async ([heading, patterns]) => {
  await using project = await openProject()
  await writeFile(join(project.path, 'client.js'), snippetBelow(heading, 'js'))
  await runUntil([process.execPath, 'client.js'], project.path, patterns)
})

test("Relay's environment reads and follows", async () => {
  await using project = await openProject()
  const use = `
    const network = environment.getNetwork()
    const newest = { name: 'Ask', operationKind: 'query', text: 'query Ask { plants { plantId } }' }
    console.log(JSON.stringify(await network.execute(newest, {}, {}).toPromise()))
    const text = 'subscription Follow { latestEnergy { plantId } }'
    const follow = { name: 'Follow', operationKind: 'subscription', text }
    network.execute(follow, {}, {}).subscribe({ next: (result) => console.log(JSON.stringify(result)) })
  `
  await writeFile(join(project.path, 'client.js'), snippetBelow('Relay', 'js') + use)
  const patterns = [/"plants":\[\{"plantId":900001/, /"latestEnergy":\{"plantId":900001/]
  await runUntil([process.execPath, 'client.js'], project.path, patterns)
})

test('codegen makes types whose scalars are known', async () => {
  await using project = await openProject()
  await writeFile(join(project.path, 'codegen.ts'), snippetBelow('Types from codegen', 'ts'))
  await mkdir(join(project.path, 'src'))
  const document =
    'query Newest { latestEnergy { timestamp } systemStats { totalEnergySnapshots } }'
  await writeFile(
    join(project.path, 'src/newest.ts'),
    `import { graphql } from './generated/gql'\ngraphql(\`${document}\`)`,
  )
  const codegen = join(root, 'node_modules/.bin/graphql-codegen')
  await promisify(execFile)(codegen, ['--config', 'codegen.ts'], {
    cwd: project.path,
    env: { ...process.env, TMPDIR: project.path }, // Its compiler leaves a folder there.
  })
  const types = await readFile(join(project.path, 'src/generated/graphql.ts'), 'utf8')
  expect(types).toMatch(/type NewestQuery = .*timestamp: string.*totalEnergySnapshots: number/)
})

test('with a wrong token the client of graphql-ws gives up', async () => {
  await using project = await openProject()
  const report = "process.on('uncaughtException', ({ code }) => console.log('given up:', code))\n"
  const snippet = snippetBelow('graphql-ws', 'js')
  const withToken = snippet.replace(
    'retryAttempts: Infinity,',
    "retryAttempts: Infinity, connectionParams: { authorization: 'Bearer mistyped' },",
  )
  expect(withToken).not.toBe(snippet)
  await writeFile(join(project.path, 'client.js'), report + withToken)
  await runUntil([process.execPath, 'client.js'], project.path, [/^given up: 4403$/])
})
