import { createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { type Environment, run } from '../support/program.ts'
import { openDataFolder } from '../support/server.ts'

let folder: Awaited<ReturnType<typeof openDataFolder>>
beforeAll(async () => {
  folder = await openDataFolder()
})
afterAll(() => folder[Symbol.asyncDispose]())

/** Starts a server that cannot start; answers what it says. */
async function refusal(environment: Environment): Promise<string> {
  const outcome = await run(['serve'], { HELIOGRAPH_DATA_DIR: folder.path, ...environment })
  expect(outcome).toMatchObject({ code: 1, stdout: '' })
  expect(outcome.stderr).not.toMatch(/^\s+at /m)
  return outcome.stderr
}

describe('a server refuses to start', () => {
  test('with every fault of its configuration at once, and no secret in what it says', async () => {
    const said = await refusal({
      DATABASE_URL: 'mysql://root:hunter2@localhost/solar',
      DATABASE_READ_URL: 'mysql://root:hunter2@replica/solar',
      DATABASE_READ_LAG: 'PT1S',
      PORT: '70000',
      HOST: '0.0.0.0',
      LOG_LEVEL: 'loud',
      PUBLIC_READ: 'maybe',
      SIMULATE: '-1',
      STALE_AFTER: '15 minutes',
      CORS_ORIGINS: 'https://solar.example/path',
      TRUST_PROXY: '10.0.0.0/99',
      INGEST_TOKEN: 'hunter2',
    })
    for (const name of [
      'DATABASE_URL',
      'DATABASE_READ_URL',
      'DATABASE_READ_LAG',
      'PORT',
      'LOG_LEVEL',
      'PUBLIC_READ',
      'SIMULATE',
      'STALE_AFTER',
      'CORS_ORIGINS',
      'TRUST_PROXY',
      'INGEST_TOKEN',
    ]) {
      expect(said).toMatch(new RegExp(`^  ${name}: .*expected`, 'mi'))
    }
    expect(said).toContain('(CONFIGURATION_INVALID)')
    expect(said).not.toContain('hunter2')
  })

  test('where others could reach it and nobody may read, next to what else is wrong', async () => {
    const said = await refusal({ HOST: '0.0.0.0', PORT: 'http' })
    expect(said).toMatch(/^ {2}HOST: .*READ_TOKEN.*PUBLIC_READ/m)
    expect(said).toMatch(/^ {2}PORT: .*got http/m)
  })

  test('where a replica is named, and no database that it could be one of', async () => {
    const said = await refusal({ DATABASE_READ_URL: 'postgres://root:hunter2@replica/solar' })
    expect(said).toMatch(/^ {2}DATABASE_READ_URL: expected DATABASE_URL beside it/m)
    expect(said).not.toContain('hunter2')
    expect(await refusal({ DATABASE_READ_LAG: 'PT5S' })).toMatch(
      /^ {2}DATABASE_READ_LAG: expected DATABASE_READ_URL beside it/m,
    )
  })

  test('where a proxy brings visitors and nobody may read', async () => {
    expect(await refusal({ TRUST_PROXY: '127.0.0.1' })).toMatch(
      /^ {2}TRUST_PROXY: .*READ_TOKEN.*PUBLIC_READ/m,
    )
  })

  test('where nothing listens at DATABASE_URL', async () => {
    const said = await refusal({
      DATABASE_URL: `postgres://localhost:${await unusedPort()}/solar`,
      DATABASE_START_TIMEOUT: 'PT0.5S',
    })
    expect(said).toMatch(/ECONNREFUSED[\s\S]*Is it running.*\(DATABASE_UNAVAILABLE\)/)
  })

  test('at once where the database of DATABASE_URL is not there, or its password is wrong', async () => {
    const elsewhere = new URL(inject('postgresUrl'))
    elsewhere.pathname = '/nowhere'
    const missing = await refusal({ DATABASE_URL: elsewhere.href })
    expect(missing).toMatch(/^The database that DATABASE_URL names does not exist.*\n.*"nowhere"/)
    const guessing = new URL(inject('postgresUrl'))
    // One that asks for no password takes any.
    if (guessing.password === '') return
    guessing.password = 'guess'
    const said = await refusal({ DATABASE_URL: guessing.href })
    expect(said).toMatch(/^The database refuses .* password.*\n.*password authentication failed/)
    expect(said).not.toContain('guess')
    guessing.password = ''
    expect(await refusal({ DATABASE_URL: guessing.href })).toMatch(/^The database .* password/)
  })

  test('at once where the database does not offer the TLS that DATABASE_URL asks for', async () => {
    // Answers N to what asks for TLS, as a PostgreSQL without a certificate does.
    await using plain = createServer((socket) => {
      socket.on('error', () => {}).once('data', () => socket.write('N'))
    })
    const port = await portOf(plain)
    const url = `postgres://me:hunter2@127.0.0.1:${port}/solar?sslmode=verify-full`
    const refused = await refusal({ DATABASE_URL: url })
    expect(refused).toMatch(/^DATABASE_URL asks for TLS .*sslmode=disable\n/)
    const unreadable = await refusal({ DATABASE_URL: `${url}&sslrootcert=/nowhere/ca.pem` })
    expect(unreadable).toMatch(/^A file that DATABASE_URL names .*\n.*\/nowhere\/ca\.pem/)
    expect(refused + unreadable).not.toContain('hunter2')
  })
})

test('every command explains itself, and what is not known is refused', async () => {
  const commands = [
    'serve',
    'migrate',
    'import',
    'export',
    'delete',
    'simulate',
    'retention',
    'psql-url',
  ]
  const whole = await run(['--help'], {})
  expect(whole.code).toBe(0)
  for (const command of commands) {
    expect(whole.stdout).toMatch(new RegExp(`^ +${command} `, 'm'))
    const help = await run([command, '--help'], {})
    expect(help).toMatchObject({ code: 0, stderr: '' })
    expect(help.stdout).toMatch(`Usage: heliograph ${command}`)
  }
  for (const words of [['serve', '--bogus'], ['sevre']]) {
    const refused = await run(words, {})
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toMatch(`error: unknown ${words.length > 1 ? 'option' : 'command'} '`)
  }
})

/** A port on which nothing listens any more. */
async function unusedPort(): Promise<number> {
  await using server = createServer()
  return await portOf(server)
}

/** Lets the server listen on a port that the system chooses. */
async function portOf(server: Server): Promise<number> {
  const listening = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', listening.resolve)
  await listening.promise
  const address = server.address()
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}
