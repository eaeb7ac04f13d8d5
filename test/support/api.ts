import { migrations } from '../../migrations/index.ts'
import { coalesceReads } from '../../src/database/coalesce.ts'
import { readDataVersion } from '../../src/database/data-version.ts'
import { toDatabaseFault } from '../../src/database/faults.ts'
import type { Migrations } from '../../src/database/migrate.ts'
import { createContext, type Services } from '../../src/graphql/context.ts'
import type { Role } from '../../src/graphql/role.ts'
import { schema } from '../../src/graphql/schema.ts'
import type { Answer } from '../../src/http/answer.ts'
import { createMaskError } from '../../src/http/errors.ts'
import { createAnswerDirectly } from '../../src/http/operations/answer-directly.ts'
import { createQueryLimits } from '../../src/http/operations/query-limits.ts'
import { ResponseCache } from '../../src/http/operations/response-cache.ts'
import { createSharedSubscriptions } from '../../src/http/operations/shared-subscriptions.ts'
import { createGraphqlYoga } from '../../src/http/operations/yoga.ts'
import { createLogger } from '../../src/log.ts'
import { openServices } from '../../src/services.ts'
import { KEEP_ALL, type RetentionPolicy } from '../../src/telemetry/retention/policy.ts'
import type { TypedDocumentString } from '../generated/graphql.ts'
import { type Engine, openTestDatabase, type TestDatabase } from './database.ts'

/** The whole API on a database of its own, through GraphQL over HTTP without a socket. */
export interface TestApi extends AsyncDisposable {
  readonly database: TestDatabase
  readonly services: Services
  /** Returns the data, as the admin if no role is given; throws if there is an error. */
  ask<Result, Variables>(
    document: TypedDocumentString<Result, Variables>,
    variables?: Variables,
    role?: Role,
  ): Promise<Result>
  /** Returns the errors, of which there must be at least one. */
  fail<Result, Variables>(
    document: TypedDocumentString<Result, Variables>,
    variables?: Variables,
    role?: Role,
  ): Promise<ToldError[]>
}

export interface ToldError {
  message: string
  path?: (string | number)[]
  extensions: { code: string; path?: (string | number)[] }
}

export async function openTestApi(
  engine: Engine,
  options: {
    migrated?: boolean
    migrations?: Migrations
    staleAfter?: number
    retention?: RetentionPolicy
    slowClientTimeout?: number
  } = {},
): Promise<TestApi> {
  await using opening = new AsyncDisposableStack()
  const database = opening.use(
    await openTestDatabase(engine, { migrated: options.migrated ?? true }),
  )
  const log = createLogger({ logLevel: 'silent', logFormat: 'json' })
  const services = opening.use(
    openServices({
      database,
      migrations: options.migrations ?? migrations,
      staleAfter: options.staleAfter ?? 15 * 60_000,
      retention: options.retention ?? KEEP_ALL,
      slowClientTimeout: options.slowClientTimeout ?? 10_000,
      log,
    }),
  )
  const parts = {
    schema,
    contextOf: ({ role }: { role: Role }) => createContext(services, role),
    maskError: createMaskError(log, (error) => toDatabaseFault(error) ?? error),
  }
  const subscriptions = createSharedSubscriptions({
    ...parts,
    limits: { subscriptions: 1000, subscriptionsPerConnection: 1000 },
  })
  const yoga = createGraphqlYoga({
    ...parts,
    queryLimits: createQueryLimits(schema, services.sizes),
    subscriptions,
  })
  opening.defer(async () => yoga.dispose())
  const answer = createAnswerDirectly(yoga, parts)
  const responses = new ResponseCache<Answer>(
    coalesceReads(() => readDataVersion(database.reserved)),
  )

  const send = async (
    document: string,
    variables: unknown,
    role: Role,
  ): Promise<{ data?: unknown; errors?: ToldError[] }> => {
    const key = JSON.stringify({ role, document, variables })
    const response = await responses.respond(key, async () => {
      const given = JSON.parse(JSON.stringify({ query: document, variables }))
      const context = { role, client: 'test' }
      const found = await answer(given, { method: 'POST', type: 'application/json', context })
      if (found === undefined) throw new Error('Expected a query or a mutation, got something else')
      return found
    })
    return JSON.parse(response.text)
  }

  const open = opening.move()
  return {
    database,
    services,
    ask: async <Result, Variables>(
      document: TypedDocumentString<Result, Variables>,
      variables?: Variables,
      role: Role = 'admin',
    ) => {
      const { data, errors } = await send(document.toString(), variables, role)
      if (errors !== undefined) throw new Error(JSON.stringify(errors))
      return data as Result
    },
    fail: async (document, variables, role = 'admin') => {
      const { errors } = await send(document.toString(), variables, role)
      if (errors === undefined) throw new Error('Expected an error, got none')
      return errors
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}
