import { BlockList, isIP } from 'node:net'
import { resolve } from 'node:path'
import { z } from 'zod'
import { Fault } from './fault.ts'
import { millisecondsOf } from './milliseconds.ts'
import { type TracingConfig, tracingConfigOf, tracingVariables } from './tracing/tracing-config.ts'

const boolean = z
  .enum(['true', 'false', '1', '0', 'yes', 'no', 'on', 'off'], {
    error: 'expected true or false',
  })
  .transform((value) => ['true', '1', 'yes', 'on'].includes(value))

const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, { error: `expected a whole number from ${least} to ${most}` })
    .transform(Number)
    .refine((value) => value >= least && value <= most, {
      error: `expected a whole number from ${least} to ${most}`,
    })

const days = wholeNumber(1, 36_525)

const milliseconds = z.string().transform((text, context) => {
  const total = millisecondsOf(text)
  if (total !== undefined && total > 0) return total
  context.addIssue({
    code: 'custom',
    message: 'expected an ISO 8601 duration above zero, such as PT15M',
  })
  return z.NEVER
})

const DEFAULT_STATEMENT_TIMEOUT = 'PT10S'

/** PostgreSQL counts milliseconds in 32 bits, and takes 0 for no limit. */
const LONGEST_STATEMENT_MS = 2 ** 31 - 1

const bytesOf = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 } as const
const isByteUnit = (text: string): text is keyof typeof bytesOf => Object.hasOwn(bytesOf, text)

const bytes = z.string().transform((text, context) => {
  const [, amount = '', unit = ''] = /^(\d{1,15}(?:\.\d+)?) ?(B|kB|MB|GB|TB)$/.exec(text) ?? []
  const total = isByteUnit(unit) ? Number(amount) * bytesOf[unit] : 0
  if (total >= 1) return total
  context.addIssue({
    code: 'custom',
    message: 'expected a size in B, kB, MB, GB or TB, such as 20GB',
  })
  return z.NEVER
})

const webhook = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
    error: 'expected an address such as https://alerts.example/hook',
    abort: true,
  })
  .refine((text) => canDecode(new URL(text)), {
    error: 'expected a % of the user or password as %25',
  })

/** Whether the user and the password can be decoded, as they are before they are sent. */
function canDecode({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username + password)
    return true
  } catch {
    return false
  }
}

/** Node's timers fire at once if they are set to more. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

const timer = milliseconds.refine((value) => value >= 10 && value <= LONGEST_TIMER_MS, {
  error: 'expected from PT0.01S to P24D, such as PT10S',
})

const LONGEST_READ_LAG_MS = 24 * 60 * 60_000

/** So much of the rollups around each change is made anew. */
const LONGEST_GAP_MS = 24 * 60 * 60_000

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== ''),
)

const path = z
  .string()
  .regex(/^(\/[\w.~-]+)+$/, { error: 'expected a path with no slash at its end, such as /solar' })

const origins = list.refine(
  (entries) => entries.every((entry) => URL.canParse(entry) && new URL(entry).origin === entry),
  { error: 'expected origins with no path, separated by commas, such as https://solar.example' },
)

/** Addresses and networks, as a list that tells whether an address is in it. */
const networks = list.transform((entries, context) => {
  const networks = new BlockList()
  for (const entry of entries) {
    const [address = '', prefix] = entry.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    try {
      if (prefix === undefined) networks.addAddress(address, family)
      else networks.addSubnet(address, /^\d+$/.test(prefix) ? Number(prefix) : Number.NaN, family)
    } catch {
      context.addIssue({
        code: 'custom',
        message: 'expected addresses or networks such as 10.0.0.0/8, separated by commas',
      })
      return z.NEVER
    }
  }
  return networks
})

/** Whether the text is an address of a PostgreSQL database. */
export function isDatabaseUrl(text: string): boolean {
  return URL.canParse(text) && ['postgres:', 'postgresql:'].includes(new URL(text).protocol)
}

const databaseUrl = z.string().refine(isDatabaseUrl, {
  error: 'expected an address such as postgres://user:password@host:5432/database',
})

const token = z
  .string()
  .regex(/^[\x21-\x7e]{16,}$/, { error: 'expected at least 16 printable characters, no spaces' })

const Environment = z.object({
  DATABASE_URL: databaseUrl.optional(),
  DATABASE_POOL_SIZE: wholeNumber(2, 1000).default(10),
  DATABASE_START_TIMEOUT: timer.default(60_000),
  DATABASE_READ_URL: databaseUrl.optional(),
  DATABASE_READ_LAG: milliseconds
    .refine((value) => value >= 3000 && value <= LONGEST_READ_LAG_MS, {
      error: 'expected from PT3S to P1D, such as PT5S, because the lag is measured once a second',
    })
    .default(5000),
  STATEMENT_TIMEOUT: milliseconds
    .refine((value) => value >= 1 && value <= LONGEST_STATEMENT_MS, {
      error: 'expected from a millisecond to 24 days, such as PT10S',
    })
    .prefault(DEFAULT_STATEMENT_TIMEOUT),
  OPERATION_TIMEOUT: timer.default(10_000),
  HOST: z.string().default('127.0.0.1'),
  PORT: wholeNumber(0, 65_535).default(4000),
  BASE_PATH: path.default(''),
  HELIOGRAPH_DATA_DIR: z.string().default('.heliograph'),
  HELIOGRAPH_CONFIG: z.string().default('heliograph.config.json'),
  ADMIN_TOKEN: token.optional(),
  INGEST_TOKEN: token.optional(),
  READ_TOKEN: token.optional(),
  PUBLIC_READ: boolean.optional(),
  MIGRATE_ON_START: boolean.optional(),
  SIMULATE: wholeNumber(0, 1000).optional(),
  STALE_AFTER: milliseconds.default(15 * 60_000),
  MAX_GAP: milliseconds
    .refine((value) => value >= 1000 && value <= LONGEST_GAP_MS, {
      error: 'expected from PT1S to P1D, such as PT20M',
    })
    .optional(),
  RETENTION_DAYS: days.optional(),
  ROLLUP_RETENTION_DAYS: days.optional(),
  COMPRESS_AFTER_DAYS: days.optional(),
  MAX_CONNECTIONS: wholeNumber(1, 1_000_000).default(20_000),
  MAX_CONNECTIONS_PER_ADDRESS: wholeNumber(1, 1_000_000).default(10_000),
  MAX_SUBSCRIPTIONS: wholeNumber(1, 1_000_000).default(20_000),
  MAX_SUBSCRIPTIONS_PER_CONNECTION: wholeNumber(1, 1_000_000).default(100),
  MAX_MESSAGE_BYTES: wholeNumber(1024, 100_000_000).default(8 * 1024 * 1024),
  CONNECTION_INIT_TIMEOUT: timer.default(10_000),
  KEEP_ALIVE_INTERVAL: timer.default(12_000),
  SLOW_CLIENT_TIMEOUT: timer.default(10_000),
  FEED_RETENTION_DAYS: days.default(7),
  ALERT_WEBHOOK: webhook.optional(),
  STORAGE_LIMIT: bytes.optional(),
  SLOW_QUERY: milliseconds.optional(),
  DISK_FULL_DAYS: days.optional(),
  CORS_ORIGINS: origins.default([]),
  TRUSTED_DOCUMENTS: z.string().optional(),
  TRUSTED_DOCUMENTS_ONLY: boolean.default(false),
  TRUST_PROXY: networks.default(() => new BlockList()),
  ...tracingVariables,
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  LOG_FORMAT: z.enum(['pretty', 'json']).optional(),
  INIT_CWD: z.string().optional(),
})

export interface Config {
  /** undefined: the embedded database in `dataDir`. */
  readonly databaseUrl: string | undefined
  readonly databasePoolSize: number
  /** Milliseconds for which the server waits at its start until the database can be reached. */
  readonly databaseStartTimeout: number
  /** A streaming replica that may be read in place of the database; undefined: there is none. */
  readonly databaseReadUrl: string | undefined
  /** Milliseconds by which the replica may be behind. */
  readonly databaseReadLag: number
  /** Milliseconds that one query of a request may take. */
  readonly statementTimeout: number
  /** Milliseconds that all queries of a request may take together. */
  readonly operationTimeout: number
  readonly host: string
  readonly port: number
  /** The path of a proxy below which the server is, such as /solar; empty: none. */
  readonly basePath: string
  /** Absolute. */
  readonly dataDir: string
  /** Where sources of readings are configured; absolute. The file may be missing. */
  readonly sourcesFile: string
  readonly tokens: {
    /** undefined: generated and kept in `dataDir`. */
    readonly admin: string | undefined
    readonly ingest: string | undefined
    readonly read: string | undefined
  }
  /** Whether reading needs no token. */
  readonly publicRead: boolean
  readonly migrateOnStart: boolean
  /** Number of simulated plants; undefined: one if the database is embedded and no source is configured. */
  readonly simulate: number | undefined
  /** Age in milliseconds from which a plant's newest reading counts as stale. */
  readonly staleAfter: number
  /** Readings further apart, in milliseconds, are not joined; undefined: as the rollups were made, PT20M at first. */
  readonly maxGap: number | undefined
  /** For how many days readings and rollups are kept; undefined: for ever. */
  readonly retention: {
    readonly readings: number | undefined
    readonly rollups: number | undefined
    /** Chunks that are older are compressed; undefined: none is. */
    readonly compressAfter: number | undefined
  }
  readonly limits: {
    /** WebSockets and event streams that may be open. */
    readonly connections: number
    /** Those from one address. */
    readonly connectionsPerAddress: number
    readonly subscriptions: number
    /** Those on one WebSocket. */
    readonly subscriptionsPerConnection: number
    /** Of one WebSocket message. */
    readonly messageBytes: number
    /** Milliseconds within which a WebSocket must send `connection_init`. */
    readonly connectionInit: number
  }
  /** Milliseconds between two pings; a peer that has not answered one by the next is disconnected. */
  readonly keepAlive: number
  /** Milliseconds for which readings may wait for a subscriber of the feed that takes none. */
  readonly slowClientTimeout: number
  /** For how many days after a commit the feed of every reading can be resumed from it. */
  readonly feedRetention: number
  readonly alerts: {
    /** A URL that may hold a secret; undefined: none is sent by HTTP. */
    readonly webhook: string | undefined
    /** Bytes. */
    readonly storageLimit: number | undefined
    /** Milliseconds. */
    readonly slowQuery: number | undefined
    readonly diskFullDays: number | undefined
  }
  readonly corsOrigins: readonly string[]
  /** The file of documents that clients may send by their id; absolute. */
  readonly trustedDocuments: string | undefined
  /** Whether clients without the role admin may send no others. */
  readonly trustedDocumentsOnly: boolean
  /** The proxies whose `X-Forwarded-*` headers are believed. */
  readonly trustedProxies: BlockList
  /** undefined: nothing is traced. */
  readonly tracing: TracingConfig | undefined
  readonly logLevel: string
  readonly logFormat: 'pretty' | 'json'
  /** The folder in which the command was typed: npm runs scripts in the project's folder. */
  readonly workingDirectory: string
}

/**
 * Turns environment variables into the configuration. Every fault is reported at once, in one
 * `CONFIGURATION_INVALID`; an empty variable counts as not set.
 */
export function parseConfig(
  environment: Record<string, string | undefined>,
  options: { terminal?: boolean } = {},
): Config {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  )
  const parsed = Environment.safeParse(given)
  const faults = parsed.success
    ? []
    : parsed.error.issues.map((issue) => {
        const name = String(issue.path[0])
        return `${name}: ${issue.message}${isSecret(name) ? '' : `, got ${given[name]}`}`
      })
  faults.push(...findContradictions(given))
  if (!parsed.success || faults.length > 0) throw invalid(faults)

  const values = parsed.data
  const embedded = values.DATABASE_URL === undefined
  return Object.freeze({
    databaseUrl: values.DATABASE_URL,
    databasePoolSize: values.DATABASE_POOL_SIZE,
    databaseStartTimeout: values.DATABASE_START_TIMEOUT,
    databaseReadUrl: values.DATABASE_READ_URL,
    databaseReadLag: values.DATABASE_READ_LAG,
    statementTimeout: values.STATEMENT_TIMEOUT,
    operationTimeout: values.OPERATION_TIMEOUT,
    host: values.HOST,
    port: values.PORT,
    basePath: values.BASE_PATH,
    dataDir: resolve(values.HELIOGRAPH_DATA_DIR),
    sourcesFile: resolve(values.HELIOGRAPH_CONFIG),
    tokens: Object.freeze({
      admin: values.ADMIN_TOKEN,
      ingest: values.INGEST_TOKEN,
      read: values.READ_TOKEN,
    }),
    publicRead: values.PUBLIC_READ ?? !isOpenToOthers(given),
    migrateOnStart: values.MIGRATE_ON_START ?? embedded,
    simulate: values.SIMULATE,
    staleAfter: values.STALE_AFTER,
    maxGap: values.MAX_GAP,
    retention: Object.freeze({
      readings: values.RETENTION_DAYS,
      rollups: values.ROLLUP_RETENTION_DAYS,
      compressAfter: values.COMPRESS_AFTER_DAYS,
    }),
    limits: Object.freeze({
      connections: values.MAX_CONNECTIONS,
      connectionsPerAddress: values.MAX_CONNECTIONS_PER_ADDRESS,
      subscriptions: values.MAX_SUBSCRIPTIONS,
      subscriptionsPerConnection: values.MAX_SUBSCRIPTIONS_PER_CONNECTION,
      messageBytes: values.MAX_MESSAGE_BYTES,
      connectionInit: values.CONNECTION_INIT_TIMEOUT,
    }),
    keepAlive: values.KEEP_ALIVE_INTERVAL,
    slowClientTimeout: values.SLOW_CLIENT_TIMEOUT,
    feedRetention: values.FEED_RETENTION_DAYS,
    alerts: Object.freeze({
      webhook: values.ALERT_WEBHOOK,
      storageLimit: values.STORAGE_LIMIT,
      slowQuery: values.SLOW_QUERY,
      diskFullDays: values.DISK_FULL_DAYS,
    }),
    corsOrigins: Object.freeze(values.CORS_ORIGINS),
    trustedDocuments:
      values.TRUSTED_DOCUMENTS === undefined ? undefined : resolve(values.TRUSTED_DOCUMENTS),
    trustedDocumentsOnly: values.TRUSTED_DOCUMENTS_ONLY,
    trustedProxies: values.TRUST_PROXY,
    tracing: tracingConfigOf(values),
    logLevel: values.LOG_LEVEL,
    logFormat: values.LOG_FORMAT ?? (options.terminal ? 'pretty' : 'json'),
    workingDirectory: values.INIT_CWD ?? process.cwd(),
  })
}

/** Reads a `.env` file if there is one, then the environment, which wins, then `overrides`, which win over both. */
export function readConfig(overrides: Record<string, string | undefined> = {}): Config {
  try {
    process.loadEnvFile()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
  return parseConfig({ ...process.env, ...overrides }, { terminal: process.stderr.isTTY })
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d+){3}$/.test(host)
}

/** Whether other machines can reach the server: directly, or through a proxy. */
function isOpenToOthers({ HOST, TRUST_PROXY }: Partial<Record<string, string>>): boolean {
  return (HOST !== undefined && !isLoopback(HOST)) || TRUST_PROXY !== undefined
}

/** Faults of variables together, each of which may be right by itself. */
function findContradictions(given: Partial<Record<string, string>>): string[] {
  const faults: string[] = []
  const { HOST, TRUST_PROXY, PUBLIC_READ, READ_TOKEN, ADMIN_TOKEN, INGEST_TOKEN } = given
  const publicRead = boolean.safeParse(PUBLIC_READ).data
  if (HOST !== undefined && !isLoopback(HOST) && !publicRead && READ_TOKEN === undefined) {
    faults.push(
      `HOST: other machines can reach ${HOST}, and nobody could read: set READ_TOKEN, or PUBLIC_READ=true to let everyone read`,
    )
  } else if (isOpenToOthers(given) && PUBLIC_READ === undefined && READ_TOKEN === undefined) {
    faults.push(
      `TRUST_PROXY: other machines can reach the server through ${TRUST_PROXY}, and nobody could read: set READ_TOKEN, or PUBLIC_READ=true to let everyone read, or PUBLIC_READ=false if only INGEST_TOKEN and ADMIN_TOKEN are to read`,
    )
  }
  if (boolean.safeParse(given.TRUSTED_DOCUMENTS_ONLY).data && !given.TRUSTED_DOCUMENTS) {
    faults.push(
      `TRUSTED_DOCUMENTS_ONLY: expected TRUSTED_DOCUMENTS beside it, the file that lists them, got ${given.TRUSTED_DOCUMENTS_ONLY}`,
    )
  }
  const tokens = [ADMIN_TOKEN, INGEST_TOKEN, READ_TOKEN].filter((token) => token !== undefined)
  if (new Set(tokens).size < tokens.length) {
    faults.push('ADMIN_TOKEN, INGEST_TOKEN, READ_TOKEN: expected a different token for each role')
  }
  return [
    ...faults,
    ...findReplicaContradictions(given),
    ...findRetentionContradictions(given),
    ...findAlertContradictions(given),
  ]
}

function findReplicaContradictions(given: Partial<Record<string, string>>): string[] {
  const { DATABASE_URL, DATABASE_READ_URL, DATABASE_READ_LAG } = given
  if (DATABASE_READ_URL !== undefined && DATABASE_URL === undefined) {
    return [
      'DATABASE_READ_URL: expected DATABASE_URL beside it, because the embedded database has no replica',
    ]
  }
  if (DATABASE_READ_LAG !== undefined && DATABASE_READ_URL === undefined) {
    return [
      `DATABASE_READ_LAG: expected DATABASE_READ_URL beside it, the replica that may be behind, got ${DATABASE_READ_LAG}`,
    ]
  }
  return []
}

function findAlertContradictions(given: Partial<Record<string, string>>): string[] {
  const faults: string[] = []
  const { DISK_FULL_DAYS, DATABASE_URL, SLOW_QUERY, STATEMENT_TIMEOUT } = given
  if (DISK_FULL_DAYS !== undefined && DATABASE_URL !== undefined) {
    faults.push(
      `DISK_FULL_DAYS: expected no DATABASE_URL beside it, because this server does not see the disk of that database, got ${DISK_FULL_DAYS}`,
    )
  }
  const slow = milliseconds.safeParse(SLOW_QUERY).data
  const longest = milliseconds.safeParse(STATEMENT_TIMEOUT ?? DEFAULT_STATEMENT_TIMEOUT).data
  if (slow !== undefined && longest !== undefined && slow > longest) {
    faults.push(
      `SLOW_QUERY: expected at most the ${STATEMENT_TIMEOUT ?? DEFAULT_STATEMENT_TIMEOUT} of STATEMENT_TIMEOUT, or no query could take so long, got ${SLOW_QUERY}`,
    )
  }
  return faults
}

function findRetentionContradictions(given: Partial<Record<string, string>>): string[] {
  const faults: string[] = []
  const readings = days.safeParse(given.RETENTION_DAYS).data
  const rollups = days.safeParse(given.ROLLUP_RETENTION_DAYS).data
  const compressAfter = days.safeParse(given.COMPRESS_AFTER_DAYS).data
  if (rollups !== undefined && given.RETENTION_DAYS === undefined) {
    faults.push(
      `ROLLUP_RETENTION_DAYS: expected RETENTION_DAYS beside it, or history would be empty where there are readings, got ${rollups}`,
    )
  }
  if (rollups !== undefined && readings !== undefined && rollups < readings) {
    faults.push(
      `ROLLUP_RETENTION_DAYS: expected at least the ${readings} of RETENTION_DAYS, or history would be empty where there are readings, got ${rollups}`,
    )
  }
  if (compressAfter !== undefined && readings !== undefined && compressAfter >= readings) {
    faults.push(
      `COMPRESS_AFTER_DAYS: expected less than the ${readings} of RETENTION_DAYS, or what is compressed would be dropped at once, got ${compressAfter}`,
    )
  }
  return faults
}

function isSecret(name: string): boolean {
  if (/_(TOKEN|HEADERS|ENDPOINT)$/.test(name)) return true
  return /^DATABASE_(READ_)?URL$/.test(name) || name === 'ALERT_WEBHOOK'
}

function invalid(faults: readonly string[]): Fault {
  return new Fault(
    'CONFIGURATION_INVALID',
    ['The configuration cannot be used:', ...faults.map((fault) => `  ${fault}`)].join('\n'),
  )
}
