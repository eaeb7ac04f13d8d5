import {
  createSourceEventStream,
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type ValidatedSubscriptionArgs,
  validateSubscriptionArgs,
} from 'graphql'
import type { Config } from '../../config.ts'
import { Fault } from '../../fault.ts'
import type { Role } from '../../graphql/role.ts'
import { pullQueueOf } from '../../pull-queue.ts'
import { canonicalJson } from '../canonical-json.ts'
import type { Tell } from '../errors.ts'
import { maxRetainedBytes, maxSubscriptionCharacters } from '../limits.ts'
import { LiveStream } from '../live-stream.ts'
import { Quota } from '../quota.ts'
import { createGroupKey, givenVariables, textOf, type ValidOperation } from './operation-key.ts'
import { SubscriptionGroup } from './subscription-group.ts'

/** Of a parsed document, as in document-cache.ts. */
const BYTES_A_TOKEN = 400
const BYTES_A_CHARACTER = 2

/** A subscription that was parsed and found valid. */
export interface LiveOperation extends ValidOperation {
  /** Who asks, for a fair share: role and address. */
  readonly client: string
}

export interface LiveExecution {
  /** Begins a subscription; returns the errors, as they are told, if it cannot begin. */
  begin(operation: LiveOperation): Promise<LiveStream | readonly GraphQLError[]>
  /** How many there are, those included that begin. */
  readonly subscriptions: number
  readonly maxSubscriptions: number
  /** Bytes, by estimate, of what is kept of their requests. */
  readonly retainedBytes: number
}

/**
 * Executes subscriptions, whatever they are sent over: each event once for all whose document, variables and role
 * are the same. The root field's `subscribe` runs for each subscriber, so that each is given events at its own pace.
 *
 * Refuses one whose text and variables are too long (`QUERY_TOO_COMPLEX`), and one too many (`TOO_MANY_SUBSCRIPTIONS`):
 * of a client, which may have half of what the server takes and at least what one connection may, of all, and of
 * different ones, which are kept while they last.
 */
export function createLiveExecution<Context extends object>(options: {
  schema: GraphQLSchema
  /** Called once a group, whose context lives as long as the group. */
  contextOf: (request: { role: Role }) => Context
  tell: Tell
  limits: Pick<Config['limits'], 'subscriptions' | 'subscriptionsPerConnection'>
}): LiveExecution {
  const { schema, contextOf, tell, limits } = options
  const { subscriptions: most, subscriptionsPerConnection } = limits
  const groups = new Map<string, SubscriptionGroup>()
  const keyOf = createGroupKey(schema)
  const subscriptions = new Quota({
    most,
    mostOfOne: Math.max(Math.floor(most / 2), subscriptionsPerConnection),
  })
  const retained = new Quota({ most: maxRetainedBytes, mostOfOne: maxRetainedBytes / 2 })

  /** Takes room for one more of a client's, and for so many bytes of its request. */
  function takeRoom(client: string, bytes: number): void {
    const reached = subscriptions.take(client)
    if (reached !== undefined) throw tooMany(reached, subscriptions)
    if (bytes === 0 || retained.take(client, bytes) === undefined) return
    subscriptions.give(client)
    throw new Fault(
      'TOO_MANY_SUBSCRIPTIONS',
      'This server keeps as many different subscriptions as it can: subscribe later, to shorter ones, or to what others subscribe to',
    )
  }

  function openGroup(
    key: string,
    args: ValidatedSubscriptionArgs,
    { client, bytes }: { client: string; bytes: number },
  ): SubscriptionGroup {
    const onLeave = (group: SubscriptionGroup, leaving: string) => {
      subscriptions.give(leaving)
      if (!group.isEmpty) return
      groups.delete(key)
      retained.give(client, bytes)
    }
    const group = new SubscriptionGroup(args, { tell, onLeave })
    groups.set(key, group)
    return group
  }

  async function begin(operation: LiveOperation): Promise<LiveStream | readonly unknown[]> {
    const { client, role, document, operationName } = operation
    const variables = declaredVariables(operation)
    requireShort(document, variables)
    const key = keyOf(operation)
    const existing = groups.get(key)
    const args = validateSubscriptionArgs({
      schema,
      document,
      operationName: operationName ?? null,
      variableValues: variables,
      contextValue: existing?.contextValue ?? contextOf({ role }),
    })
    if (!('schema' in args)) return args

    const bytes = existing === undefined ? retainedBytes(document, key) : 0
    takeRoom(client, bytes)
    const group = existing ?? openGroup(key, args, { client, bytes })
    group.join()
    try {
      // The subscriber's own arguments, which differ from the group's in its pace.
      const source = await createSourceEventStream(args)
      if (Symbol.asyncIterator in source) return new LiveStream(pullQueueOf(source), group, client)
      group.leave(client)
      return source.errors ?? []
    } catch (error) {
      group.leave(client)
      throw error
    }
  }

  return {
    get subscriptions() {
      return subscriptions.used
    },
    maxSubscriptions: most,
    get retainedBytes() {
      return retained.used
    },
    begin: async (operation) => {
      try {
        const begun = await begin(operation)
        return begun instanceof LiveStream ? begun : begun.map(tell)
      } catch (error) {
        return [tell(error)]
      }
    },
  }
}

/** Whatever else came with them is not kept. */
function declaredVariables({ document, operationName, variables }: LiveOperation) {
  const { variableDefinitions = [] } = getOperationAST(document, operationName) ?? {}
  return givenVariables(
    variableDefinitions.map(({ variable }) => variable.name.value),
    variables,
  )
}

function requireShort(document: DocumentNode, variables: object): void {
  const characters = textOf(document).length + canonicalJson(variables).length
  if (characters <= maxSubscriptionCharacters) return
  throw new Fault(
    'QUERY_TOO_COMPLEX',
    `Expected a subscription of at most ${maxSubscriptionCharacters} characters with its variables, which are kept while it lasts; got ${characters}: ask for less`,
  )
}

/** What a group keeps of the request that opened it. */
function retainedBytes(document: DocumentNode, key: string): number {
  return (document.tokenCount ?? 0) * BYTES_A_TOKEN + key.length * BYTES_A_CHARACTER
}

function tooMany(reached: 'its own' | 'of all', { used, mostOfOne }: Quota): Fault {
  return new Fault(
    'TOO_MANY_SUBSCRIPTIONS',
    reached === 'its own'
      ? `Expected at most ${mostOfOne} subscriptions of one client: complete some, or let the server take more with MAX_SUBSCRIPTIONS`
      : `This server has ${used} subscriptions, which is as many as it takes: subscribe later, or let it take more with MAX_SUBSCRIPTIONS`,
  )
}
