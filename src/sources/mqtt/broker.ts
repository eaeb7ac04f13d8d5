import { readFile } from 'node:fs/promises'
import { connect, type IClientOptions, type MqttClient } from 'mqtt'
import { Fault } from '../../fault.ts'
import type { SourceContext } from '../source.ts'
import type { MqttMessage } from './assembler.ts'
import type { BrokerSettings } from './mqtt-settings.ts'

/** A connection to a broker. Disposing closes it. */
export interface Broker extends AsyncDisposable {
  /** Subscribes to topic filters, and calls back for each message, in order. Rejects with a `Fault` if one is refused. */
  subscribe(filters: readonly string[], onMessage: (message: MqttMessage) => void): Promise<void>
  /** Publishes with QoS 1, retained; resolves when the broker has it, or the connection is lost. */
  publish(topic: string, payload: string): Promise<void>
  /** Resolves when the connection is lost, with what to say about it; or with undefined when the signal aborts. */
  readonly ended: Promise<Fault | undefined>
}

const CONNECT_TIMEOUT_MS = 10_000
/** The broker is asked for a sign of life so often, and is given up if none came for one and a half times that. */
const KEEPALIVE_SECONDS = 20

/**
 * Connects to the broker. Rejects with a `Fault` if it cannot be reached, or refuses; resolves with undefined if the
 * signal aborts before. It never connects again by itself: `listen` rejects instead and is called again, so that there
 * is one back-off and one line in the log for all sources, and no value from before an outage is taken for current.
 * The broker publishes the last will, retained, however the connection ends.
 */
export async function connectToBroker(
  settings: BrokerSettings,
  secret: SourceContext['secret'],
  signal: AbortSignal,
  will?: { topic: string; payload: string },
): Promise<Broker | undefined> {
  const options = await optionsOf(settings, secret)
  if (signal.aborted) return undefined
  if (will !== undefined) {
    options.will = { ...will, payload: Buffer.from(will.payload), qos: 1, retain: true }
  }
  const client = open(settings, options)
  const ended = Promise.withResolvers<Fault | undefined>()
  let firstError: unknown
  client.on('error', (error) => {
    firstError ??= error
  })
  let wasConnected = false
  client.on('close', () => {
    ended.resolve(faultOf(settings, firstError, wasConnected))
  })
  const connected = Promise.withResolvers<true>()
  client.once('connect', () => {
    wasConnected = true
    connected.resolve(true)
  })
  const abort = () => ended.resolve(undefined)
  signal.addEventListener('abort', abort)
  const close = async () => {
    signal.removeEventListener('abort', abort)
    client.removeAllListeners('message')
    // Forced: otherwise it waits for answers, and a broker that hangs gives none. It sends no DISCONNECT.
    await client.endAsync(true)
  }
  if ((await Promise.race([connected.promise, ended.promise])) !== true) {
    await close()
    const fault = await ended.promise
    if (fault !== undefined) throw fault
    return undefined
  }
  return {
    ended: ended.promise,
    subscribe: async (filters, onMessage) => {
      client.on('message', (topic, payload, { retain }) => {
        onMessage({ topic, payload: payload.toString('utf8'), isRetained: retain })
      })
      try {
        // QoS 1: a broker may drop messages of QoS 0 while we are slow to read.
        await client.subscribeAsync([...filters], { qos: 1 })
      } catch (error) {
        // Without a connection, `ended` says why.
        if (client.connected) throw refusedSubscription(settings, filters, error)
      }
    },
    publish: async (topic, payload) => {
      try {
        // Without a connection the client keeps it for the next one, of which there is none.
        await Promise.race([
          client.publishAsync(topic, payload, { qos: 1, retain: true }),
          ended.promise,
        ])
      } catch (error) {
        // Without a connection, `ended` says why.
        if (client.connected) throw error
      }
    },
    [Symbol.asyncDispose]: close,
  }
}

function refusedSubscription(
  settings: BrokerSettings,
  filters: readonly string[],
  cause: unknown,
): Fault {
  return new Fault(
    'SOURCE_REFUSED',
    `The MQTT broker ${placeOf(settings)} did not let ${userOf(settings)} subscribe to ${filters.join(', ')}: ${messageOf(cause)}. Check the topics, and the access list of the broker.`,
    { cause },
  )
}

function open(settings: BrokerSettings, options: IClientOptions): MqttClient {
  try {
    return connect(options)
  } catch (error) {
    throw new Fault(
      'CONFIGURATION_INVALID',
      `The MQTT client cannot be set up for ${placeOf(settings)}: ${messageOf(error)}. Check the PEM files of tls.`,
      { cause: error },
    )
  }
}

const protocols = { 'mqtt:': 'mqtt', 'mqtts:': 'mqtts', 'ws:': 'ws', 'wss:': 'wss' } as const
const isProtocol = (text: string): text is keyof typeof protocols => Object.hasOwn(protocols, text)

async function optionsOf(
  settings: BrokerSettings,
  secret: SourceContext['secret'],
): Promise<IClientOptions> {
  const url = new URL(settings.url)
  if (!isProtocol(url.protocol)) throw new RangeError(`${url.protocol} is not a protocol of MQTT`)
  const { tls, username, passwordVariable } = settings
  const [ca, cert, key] = await Promise.all([
    pem('ca', tls?.ca),
    pem('certificate', tls?.certificate),
    pem('key', tls?.key),
  ])
  return {
    protocol: protocols[url.protocol],
    // An IPv6 address has brackets in a URL alone.
    hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    ...(url.port !== '' && { port: Number(url.port) }),
    path: `${url.pathname}${url.search}`,
    clientId: `heliograph_${crypto.randomUUID().slice(0, 8)}`,
    clean: true,
    reconnectPeriod: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepalive: KEEPALIVE_SECONDS,
    ...(username !== undefined && { username }),
    ...(passwordVariable !== undefined && { password: secret(passwordVariable) }),
    ...(tls !== undefined && { rejectUnauthorized: tls.rejectUnauthorized }),
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  }
}

async function pem(setting: string, path: string | undefined): Promise<Buffer | undefined> {
  if (path === undefined) return undefined
  try {
    return await readFile(path)
  } catch (error) {
    throw new Fault(
      'CONFIGURATION_INVALID',
      `The file of tls.${setting} cannot be read: ${messageOf(error)}. It has to be a PEM file that this user may read.`,
      { cause: error },
    )
  }
}

/** Reason codes of CONNACK for a wrong user or password: those of MQTT 3.1.1 and of 5.0. */
const REFUSED_USER = [4, 5, 134, 135]

/** What to do about an error of a socket or of TLS, by its code. */
const cures: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Is a broker running there, and is the port right?',
  ENOTFOUND: 'Check the name of the host.',
  EAI_AGAIN: 'Check the name of the host, and whether there is a network.',
  EHOSTUNREACH: 'Check the address, and whether there is a network.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'Set tls.ca to the certificate of its authority.',
  SELF_SIGNED_CERT_IN_CHAIN: 'Set tls.ca to the certificate of its authority.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'Set tls.ca to the certificate of its authority.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'Use in url the name that its certificate has.',
  CERT_HAS_EXPIRED: 'Give the broker a new certificate.',
}

function faultOf(settings: BrokerSettings, error: unknown, wasConnected: boolean): Fault {
  const code = codeOf(error)
  const cause = error === undefined ? {} : { cause: error }
  if (typeof code === 'number' && REFUSED_USER.includes(code)) {
    return new Fault(
      'UNAUTHENTICATED',
      `The MQTT broker ${placeOf(settings)} refused ${userOf(settings)}: ${messageOf(error)} (CONNACK ${code}). Check username and the environment variable of passwordVariable.`,
      cause,
    )
  }
  const why = error === undefined ? 'the broker closed it' : messageOf(error)
  const cure = typeof code === 'string' ? cures[code] : undefined
  return new Fault(
    'SOURCE_UNAVAILABLE',
    wasConnected
      ? `The connection to the MQTT broker ${placeOf(settings)} was lost: ${why}.`
      : `The MQTT broker ${placeOf(settings)} cannot be reached: ${why}. ${cure ?? 'Check url, and that a broker of MQTT answers there.'}`,
    cause,
  )
}

function codeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined
  if (error instanceof AggregateError && !('code' in error)) return codeOf(error.errors[0])
  return 'code' in error ? error.code : undefined
}

/** An error of a host with several addresses has no message of its own. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map(messageOf).join(', ')
  }
  return error instanceof Error ? error.message : String(error)
}

function placeOf({ url }: BrokerSettings): string {
  const { protocol, host } = new URL(url)
  return `${protocol}//${host}`
}

function userOf({ username }: BrokerSettings): string {
  return username === undefined ? 'a client without a user' : `the user ${username}`
}
