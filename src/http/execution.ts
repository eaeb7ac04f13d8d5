import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type GraphQLSchema,
  getOperationAST,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { createGroupKey } from './operations/operation-key.ts'
import { type Answer, type ReadState, ReusedAnswers } from './operations/response-cache.ts'
import type { OperationContext } from './operations/yoga.ts'

/** Runs an operation on behalf of a client, such as with a deadline; `writes`: it is a mutation. */
export type RunOperation = <Result>(
  operation: { client: string; writes: boolean },
  run: () => Result,
) => Result

const runAtOnce: RunOperation = (_, run) => run()

export interface ExecutionOptions {
  /** Without it no answer is given twice. */
  readState?: ReadState | undefined
  /** Without it operations are run as they are. */
  runOperation?: RunOperation | undefined
}

/**
 * Executes mutations with graphql's own executor. Yoga's copies every input value before it coerces it, a fifth of
 * what a batch of readings costs this process; for queries and subscriptions it is the faster of the two.
 *
 * With `readState`, an answer that is made of what is stored alone is given again while that stays the same.
 */
export function useExecution(
  schema: GraphQLSchema,
  { readState, runOperation = runAtOnce }: ExecutionOptions,
): Plugin<OperationContext> {
  const keyOf = createGroupKey(schema)
  const isStored = createIsStored(schema)
  const reused = readState && new ReusedAnswers<ExecutionResult>(readState)

  return {
    onExecute({ args, executeFn, setExecuteFn }) {
      const operation = getOperationAST(args.document, args.operationName)
      const { role, client, admit, cost = 0 } = args.contextValue
      const writes = operation?.operation === 'mutation'
      const executeBy = writes ? execute : executeFn
      const executeInTurn = async (given: ExecutionArgs) => {
        await admit?.(cost)
        return await runOperation({ client, writes }, () => executeBy(given))
      }
      if (operation?.operation !== 'query' || !reused || !isStored(args.document)) {
        setExecuteFn(executeInTurn)
        return
      }
      setExecuteFn(async (given: ExecutionArgs) => {
        // Nobody may hold a turn while waiting for another's answer.
        await admit?.(0)
        const { document, operationName, variableValues: variables } = given
        const key = keyOf({ role, document, operationName, variables })
        return await reused.answer(key, async () => answerOf(await executeInTurn(given)))
      })
    },
  }
}

/**
 * Whether everything that a document asks for is made of the tables and the arguments alone, as fields or their types
 * say by `extensions: { stored: true }`.
 */
function createIsStored(schema: GraphQLSchema): (document: DocumentNode) => boolean {
  const known = new WeakMap<DocumentNode, boolean>()
  return (document) =>
    known.getOrInsertComputed(document, () => {
      let isStored = true
      const typeInfo = new TypeInfo(schema)
      const Field = () => {
        const stored =
          typeInfo.getFieldDef()?.extensions.stored ?? typeInfo.getParentType()?.extensions.stored
        if (stored !== true) isStored = false
      }
      visit(document, visitWithTypeInfo(typeInfo, { Field }))
      return isStored
    })
}

/** As it is where there are errors, which are masked yet; else as JSON, which Yoga sends as it is. */
function answerOf(result: ExecutionResult): Answer<ExecutionResult> {
  const { data, errors } = result
  if (errors !== undefined) return { result, length: undefined }
  const text = JSON.stringify({ data })
  const written = {
    get data() {
      return JSON.parse(text).data
    },
    stringify: () => text,
  }
  return { result: written, length: text.length }
}
