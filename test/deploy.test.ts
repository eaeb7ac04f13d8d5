import { readdir, readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import pg from 'pg'
import { describe, expect, test, vi } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { z } from 'zod'
import manifest from '../package.json' with { type: 'json' }
import { type Config, parseConfig } from '../src/config.ts'
import { createProbes } from '../src/http/routes.ts'

const root = resolve(import.meta.dirname, '..')
const read = (file: string) => readFile(resolve(root, file), 'utf8')

const probes = createProbes(
  {
    health: async () => ({ status: 'HEALTHY', checks: [] }),
    ready: async () => ({ ready: true }),
  },
  {
    metrics: async () => ({ contentType: 'text/plain', body: Buffer.from('') }),
    roleOf: () => 'read',
    publicRead: true,
  },
)
const { port } = parseConfig({})

/** Read by others: Compose, PostgreSQL's image, Node. */
const notOurs = new Set(['PATH', 'NODE_COMPILE_CACHE', 'PGPASSWORD'])

/** Parses the variables as the server does, and expects each to be one that it reads. */
async function accepted(variables: Readonly<Record<string, string>>): Promise<Config> {
  const config = await read('src/config.ts')
  for (const name of Object.keys(variables)) {
    if (!notOurs.has(name)) expect(config, name).toMatch(new RegExp(`^ {2}${name}: `, 'm'))
  }
  return parseConfig(variables)
}

const token = (role: string) => `a-token-with-which-to-${role}`
const secrets = {
  DATABASE_URL: 'postgres://heliograph:secret@database:5432/solar',
  ADMIN_TOKEN: token('administrate'),
  INGEST_TOKEN: token('ingest'),
  READ_TOKEN: token('read'),
}

describe('the image', async () => {
  const dockerfile = await read('Dockerfile')
  const environment = Object.fromEntries(
    [...dockerfile.matchAll(/^(?:ENV| {3}) +([A-Z_]+)=(\S+)/gm)].map(([, name, value]) => [
      `${name}`,
      `${value}`,
    ]),
  )

  test('sets variables that the server reads, listens where it says, and refuses to be open to all by mistake', async () => {
    expect(Object.keys(environment)).toEqual([
      'PATH',
      'HELIOGRAPH_DATA_DIR',
      'HELIOGRAPH_CONFIG',
      'HOST',
      'NODE_COMPILE_CACHE',
    ])
    const { host, dataDir } = await accepted({ ...environment, READ_TOKEN: secrets.READ_TOKEN })
    expect([host, dataDir]).toEqual(['0.0.0.0', '/data'])
    expect(() => parseConfig(environment)).toThrow('READ_TOKEN')
    expect(dockerfile).toMatch(new RegExp(`^EXPOSE ${port}$`, 'm'))
  })

  test('is not run by root, and asks a path that exists whether it is alive, with no shell', () => {
    expect(dockerfile).toMatch(/^USER (?!0\b)\d+$/m)
    const [, command = ''] = /^HEALTHCHECK .*\n +CMD (.*)$/m.exec(dockerfile) ?? []
    const words = z.array(z.string()).parse(JSON.parse(command))
    const [, path = ''] = /\}(\/\w+)`/.exec(words.at(-1) ?? '') ?? []
    expect(probes.has(path)).toBe(true)
    for (const instruction of ['ENTRYPOINT', 'CMD']) {
      expect(dockerfile).toMatch(new RegExp(`^${instruction} \\[`, 'm'))
    }
  })

  test('has everything that the server reads of the project, and .dockerignore lets it through', async () => {
    const ignored = (await read('.dockerignore')).trim().split('\n')
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(
      ([, names = '']) => names.split(' '),
    )
    expect(new Set(copied)).toEqual(
      new Set(['package.json', 'package-lock.json', 'migrations', 'src']),
    )
    expect(ignored).toEqual(['*', ...[...new Set(copied)].map((name) => `!${name}`)])
    for (const name of copied) await stat(resolve(root, name))
    const [, program = ''] = /^ENTRYPOINT .*"([^"]+)"\]$/m.exec(dockerfile) ?? []
    await stat(resolve(root, program))
  })
})

const Compose = z.object({
  services: z.record(
    z.string(),
    z.object({
      image: z.string(),
      environment: z.record(z.string(), z.string()),
      ports: z.array(z.string()).optional(),
      depends_on: z.array(z.string()).optional(),
      volumes: z.array(z.string()),
    }),
  ),
  volumes: z.record(z.string(), z.null()),
})

test('Compose starts both on volumes that it declares, and gives the server variables that it accepts', async () => {
  const { services, volumes } = Compose.parse(parse(await read('compose.yaml')))
  const { heliograph, database } = services
  const password = 'a/b#c?d%e+f='
  const given = Object.entries(heliograph?.environment ?? {}).map(([name, value]) => {
    const filled = value.replace(/\$\{(\w+)[^}]*\}/, (_, of) =>
      of === 'POSTGRES_PASSWORD' ? password : token(of.toLowerCase()),
    )
    expect(filled).not.toContain('$')
    return [name, filled]
  })
  const config = await accepted({ HOST: '0.0.0.0', ...Object.fromEntries(given) })
  const url = new URL(config.databaseUrl ?? '')
  expect(heliograph?.depends_on).toEqual([url.hostname])
  expect([url.username, url.pathname.slice(1)]).toEqual([
    database?.environment.POSTGRES_USER,
    database?.environment.POSTGRES_DB,
  ])
  vi.stubEnv('PGPASSWORD', new Map(given.map(([name, value]) => [name, value])).get('PGPASSWORD'))
  expect(new pg.Client(config.databaseUrl).password).toBe(password)
  vi.unstubAllEnvs()
  expect(database?.image).toMatch(/:\d+\.\d+\.\d+-pg\d+$/)
  expect(config.migrateOnStart).toBe(true)
  expect(heliograph?.ports).toEqual([`127.0.0.1:${port}:${port}`])
  const used = Object.values(services).flatMap((service) => service.volumes)
  expect(used.map((volume) => volume.split(':')[0]).sort()).toEqual(Object.keys(volumes).sort())
})

const Probe = z.object({
  httpGet: z.object({ path: z.string(), port: z.string() }),
  periodSeconds: z.number(),
  failureThreshold: z.number().default(3),
})
const Container = z.object({
  image: z.string(),
  args: z.array(z.string()).optional(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
  ports: z.array(z.object({ name: z.string(), containerPort: z.number() })).default([]),
  startupProbe: Probe.optional(),
  livenessProbe: Probe.optional(),
  readinessProbe: Probe.optional(),
  securityContext: z.object({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
  }),
})
const Pod = z.object({
  terminationGracePeriodSeconds: z.number().default(30),
  securityContext: z.object({ runAsNonRoot: z.literal(true), runAsUser: z.number() }),
  containers: z.tuple([Container]),
})
const Labels = z.record(z.string(), z.string())

describe('the manifests of Kubernetes', async () => {
  const documents = new Map(
    [
      ...parseAllDocuments(await read('deploy/kubernetes/heliograph.yaml')),
      ...parseAllDocuments(await read('deploy/kubernetes/migrate.yaml')),
    ].map((document) => {
      expect(document.errors).toEqual([])
      const { kind, spec } = z
        .object({ kind: z.string(), spec: z.unknown() })
        .parse(document.toJS())
      return [kind, spec]
    }),
  )
  const deployment = z
    .object({
      strategy: z.object({ rollingUpdate: z.object({ maxUnavailable: z.literal(0) }) }),
      selector: z.object({ matchLabels: Labels }),
      template: z.object({ metadata: z.object({ labels: Labels }), spec: Pod }),
    })
    .parse(documents.get('Deployment'))
  const pod = deployment.template.spec
  const [server] = pod.containers

  test('ask paths that exist at the port of the server, and give it longer than it waits for its database', async () => {
    expect(server.ports).toEqual([{ name: 'http', containerPort: port }])
    const { startupProbe, livenessProbe, readinessProbe } = server
    for (const probe of [startupProbe, livenessProbe, readinessProbe]) {
      expect(probe?.httpGet.port).toBe('http')
      expect(probes.has(probe?.httpGet.path ?? '')).toBe(true)
    }
    expect(readinessProbe?.httpGet.path).toBe('/readyz')
    expect(livenessProbe?.httpGet.path).toBe('/livez')
    const { periodSeconds = 0, failureThreshold = 0 } = startupProbe ?? {}
    const { databaseStartTimeout } = await accepted({
      ...secrets,
      ...Object.fromEntries(server.env.map(({ name, value }) => [name, value])),
    })
    expect(periodSeconds * failureThreshold * 1000).toBeGreaterThan(databaseStartTimeout)
  })

  test('select the pods of the deployment, which run as the user of the image', async () => {
    const { labels } = deployment.template.metadata
    expect(deployment.selector.matchLabels).toEqual(labels)
    const service = z.object({
      selector: Labels,
      ports: z.tuple([z.object({ targetPort: z.string() })]),
    })
    expect(service.parse(documents.get('Service'))).toMatchObject({
      selector: labels,
      ports: [{ targetPort: 'http' }],
    })
    expect(documents.get('PodDisruptionBudget')).toMatchObject({
      selector: { matchLabels: labels },
    })
    const [, user] = /^USER (\d+)$/m.exec(await read('Dockerfile')) ?? []
    const job = z.object({ template: z.object({ spec: Pod }) }).parse(documents.get('Job'))
    for (const { securityContext } of [pod, job.template.spec]) {
      expect(`${securityContext.runAsUser}`).toBe(user)
    }
    expect(job.template.spec.containers[0].args).toEqual(['migrate'])
    await stat(resolve(root, 'src/cli/migrate.ts'))
  })
})

test('every image of ours has the version of this package', async () => {
  const files = [
    'compose.yaml',
    ...(await readdir(resolve(root, 'deploy/kubernetes'))).map(
      (name) => `deploy/kubernetes/${name}`,
    ),
  ]
  for (const file of files) {
    const images = [...(await read(file)).matchAll(/image: heliograph:(\S+)/g)]
    expect(images.length, file).toBeGreaterThan(0)
    for (const [, version] of images) expect(version, file).toBe(manifest.version)
  }
})

test('the unit of systemd sets variables that the server accepts, and starts what npm installs', async () => {
  const unit = await read('deploy/heliograph.service')
  const [, line = ''] = /^Environment=(.*)$/m.exec(unit) ?? []
  const variables = Object.fromEntries(line.split(' ').map((pair) => pair.split('=', 2)))
  expect((await accepted(variables)).dataDir).toBe('/var/lib/heliograph')
  const [, prefix, command = ''] = /^ExecStart=(\S+)\/bin\/(\S+) serve$/m.exec(unit) ?? []
  expect(unit).toContain(`--prefix ${prefix} `)
  expect(Object.keys(manifest.bin)).toContain(command)
})
