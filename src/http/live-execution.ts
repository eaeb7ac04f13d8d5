import {
  createSourceEventStream,
  type GraphQLError,
  type GraphQLSchema,
  validateSubscriptionArgs,
} from 'graphql'
import { Fault } from '../fault.ts'
import type { Role } from '../graphql/role.ts'
import { supplyFrom } from '../supply.ts'
import { createGroupKey, type LiveOperation } from './group-key.ts'
import { LiveStream } from './live-stream.ts'
import { SubscriptionGroup } from './subscription-group.ts'
import type { Tell } from './told-error.ts'

/** Begins a subscription; answers the errors, as they are told, where it cannot begin. */
export type LiveExecution = (
  operation: LiveOperation,
) => Promise<LiveStream | readonly GraphQLError[]>

/**
 * Executes subscriptions, whatever they are sent over: each event once for all whose document, variables and role
 * are the same. The root field's `subscribe` runs for each subscriber, so that each is given events at its own pace.
 * More than `maxSubscriptions` at a time: `TOO_MANY_SUBSCRIPTIONS`.
 */
export function createLiveExecution<Context extends object>(options: {
  schema: GraphQLSchema
  /** Called once a group, whose context lives as long as the group. */
  contextOf: (request: { role: Role }) => Context
  tell: Tell
  maxSubscriptions: number
}): LiveExecution {
  const { schema, contextOf, tell, maxSubscriptions } = options
  const groups = new Map<string, SubscriptionGroup>()
  const keyOf = createGroupKey(schema)
  let subscriptions = 0

  async function begin(operation: LiveOperation): Promise<LiveStream | readonly unknown[]> {
    const key = keyOf(operation)
    const existing = groups.get(key)
    const args = validateSubscriptionArgs({
      schema,
      document: operation.document,
      operationName: operation.operationName ?? null,
      variableValues: operation.variables ?? null,
      contextValue: existing?.contextValue ?? contextOf({ role: operation.role }),
    })
    if (!('schema' in args)) return args

    const onLeave = ({ members }: SubscriptionGroup) => {
      subscriptions--
      if (members === 0) groups.delete(key)
    }
    const group = existing ?? new SubscriptionGroup(args, { tell, onLeave })
    groups.set(key, group)
    group.members++
    subscriptions++
    // The subscriber's own arguments, which differ from the group's in its pace.
    const source = await createSourceEventStream(args)
    if (Symbol.asyncIterator in source) return new LiveStream(supplyFrom(source), group)
    group.leave()
    return source.errors ?? []
  }

  return async (operation) => {
    try {
      if (subscriptions >= maxSubscriptions) {
        throw new Fault(
          'TOO_MANY_SUBSCRIPTIONS',
          `This server has ${subscriptions} subscriptions, which is as many as it takes: subscribe later, or let it take more with MAX_SUBSCRIPTIONS`,
        )
      }
      const begun = await begin(operation)
      return begun instanceof LiveStream ? begun : begun.map(tell)
    } catch (error) {
      return [tell(error)]
    }
  }
}
