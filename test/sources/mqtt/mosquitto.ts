import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { connectAsync, type IClientOptions } from 'mqtt'
import { freePort } from '../../../src/database/embedded/spawn-postgres.ts'

const run = promisify(execFile)

/** Debian's own place; other systems have it elsewhere. */
const places = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto', '/opt/homebrew/sbin/mosquitto']

/** Why the tests with Mosquitto are skipped; empty if they are not. */
export const skipped = places.some(existsSync)
  ? ''
  : `: skipped, there is no mosquitto in ${places.join(', ')}`
/** The same for the tests that make certificates. */
export const tlsSkipped =
  skipped !== '' || existsSync('/usr/bin/openssl')
    ? skipped
    : ': skipped, there is no /usr/bin/openssl'
if (tlsSkipped !== skipped) console.warn(`MQTT is not tried with TLS${tlsSkipped}`)
if (skipped !== '') console.warn(`MQTT is not tried with a broker${skipped}`)

/** A Mosquitto of its own. Disposing kills it and removes its folder. */
export interface Mosquitto extends AsyncDisposable {
  /** Addresses by protocol. */
  readonly urls: { mqtt: string; ws: string; mqtts: string }
  /** Certificates, if it has TLS. */
  readonly files: { ca: string; certificate: string; key: string }
  /** Publishes a message and waits until the broker has it. */
  publish(topic: string, payload: string, options?: { retain?: boolean }): Promise<void>
  /** Publishes each message, in this order. */
  publishAll(messages: Readonly<Record<string, string>>): Promise<void>
  /** Resolves when its log has matched the pattern so many times since it was started first. */
  logged(pattern: RegExp, times?: number): Promise<void>
  kill(): Promise<void>
  /** Starts it again, at the same addresses. What it had retained is gone. */
  start(): Promise<void>
}

export interface MosquittoOptions {
  /** Without it anybody may connect. */
  user?: { name: string; password: string }
  tls?: 'server' | 'both'
}

export async function openMosquitto({ user, tls }: MosquittoOptions = {}): Promise<Mosquitto> {
  await using opening = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'heliograph-mosquitto-'))
  opening.defer(() => rm(folder, { recursive: true }))
  const [port, wsPort, tlsPort] = [await freePort(), await freePort(), await freePort()]
  const file = (name: string) => join(folder, name)
  if (tls !== undefined) await makeCertificates(folder)
  if (user !== undefined) {
    await run('mosquitto_passwd', ['-c', '-b', file('passwords'), user.name, user.password])
  }
  const config = [
    'per_listener_settings false',
    // As root it would become another user, who cannot read the folder.
    ...(process.getuid?.() === 0 ? ['user root'] : []),
    user === undefined ? 'allow_anonymous true' : 'allow_anonymous false',
    ...(user === undefined ? [] : [`password_file ${file('passwords')}`]),
    'persistence false',
    // Standard output is written in blocks.
    'log_dest stderr',
    'log_type all',
    `listener ${port} 127.0.0.1`,
    `listener ${wsPort} 127.0.0.1`,
    'protocol websockets',
    ...(tls === undefined
      ? []
      : [
          `listener ${tlsPort} 127.0.0.1`,
          `cafile ${file('ca.pem')}`,
          `certfile ${file('server.pem')}`,
          `keyfile ${file('server.key')}`,
          `require_certificate ${tls === 'both'}`,
        ]),
  ]
  await writeFile(file('mosquitto.conf'), `${config.join('\n')}\n`)

  let log = ''
  const waiting = new Set<() => void>()
  let server: { kill(): Promise<void> } | undefined
  const logged = async (pattern: RegExp, times = 1) => {
    const all = new RegExp(pattern, 'g')
    while ([...log.matchAll(all)].length < times) {
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.add(resolve)
      await promise
    }
  }
  let starts = 0
  const start = async () => {
    const child = spawn(places.find(existsSync) ?? '', ['-c', file('mosquitto.conf')], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const exited = once(child, 'exit')
    child.stderr.on('data', (data) => {
      log += String(data)
      for (const wake of waiting) wake()
      waiting.clear()
    })
    server = {
      kill: async () => {
        child.kill('SIGKILL')
        await exited
      },
    }
    starts += 1
    const early = exited.then(([code]) => {
      throw new Error(`Mosquitto ended with ${code}:\n${log}`)
    })
    await Promise.race([logged(/mosquitto version .* running/, starts), early])
    early.catch(() => {})
  }
  opening.defer(async () => server?.kill())
  await start()
  const open = opening.move()
  const url = `mqtt://127.0.0.1:${port}`
  const options: IClientOptions =
    user === undefined ? {} : { username: user.name, password: user.password }
  const publishAll: Mosquitto['publishAll'] = async (messages) => {
    const client = await connectAsync(url, options)
    const all = Object.entries(messages)
    await Promise.all(
      all.map(([topic, payload]) => client.publishAsync(topic, payload, { qos: 1 })),
    )
    await client.endAsync()
  }
  return {
    urls: { mqtt: url, ws: `ws://127.0.0.1:${wsPort}/mqtt`, mqtts: `mqtts://localhost:${tlsPort}` },
    files: { ca: file('ca.pem'), certificate: file('client.pem'), key: file('client.key') },
    publish: async (topic, payload, { retain = false } = {}) => {
      const client = await connectAsync(url, options)
      await client.publishAsync(topic, payload, { qos: 1, retain })
      await client.endAsync()
    },
    publishAll,
    logged,
    kill: async () => server?.kill(),
    start,
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/** An authority, and certificates of it for the broker (localhost) and for a client. */
async function makeCertificates(folder: string): Promise<void> {
  const openssl = (...words: string[]) => run('openssl', words, { cwd: folder })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  await openssl(
    ...['req', '-x509', ...key, '-days', '2', '-subj', '/CN=Test authority'],
    ...['-keyout', 'ca.key', '-out', 'ca.pem'],
  )
  const names = { server: 'localhost', client: 'heliograph' }
  for (const [name, subject] of Object.entries(names)) {
    await openssl(
      ...[
        'req',
        ...key,
        '-subj',
        `/CN=${subject}`,
        '-keyout',
        `${name}.key`,
        '-out',
        'request.pem',
      ],
    )
    await writeFile(join(folder, 'names.cnf'), `subjectAltName=DNS:${subject}\n`)
    await openssl(
      ...['x509', '-req', '-in', 'request.pem', '-CA', 'ca.pem', '-CAkey', 'ca.key'],
      ...['-CAcreateserial', '-days', '2', '-extfile', 'names.cnf', '-out', `${name}.pem`],
    )
  }
}
