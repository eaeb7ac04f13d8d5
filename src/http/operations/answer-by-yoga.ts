import type { GraphQLParams } from 'graphql-yoga'
import { z } from 'zod'
import { Answer } from '../answer.ts'
import { EventStream } from '../event-stream.ts'
import { operationNameIn } from '../graphql-params.ts'
import { entriesOf } from '../header-list.ts'
import type { BegunSubscription, OperationContext } from './operation-context.ts'
import type { GraphqlYoga } from './yoga.ts'

/** Has Yoga respond to a request, whatever its form: it opens streams of events, and refuses what is no operation. */
export function createAnswerByYoga(yoga: GraphqlYoga) {
  return async (
    params: GraphQLParams,
    {
      method,
      accept = '*/*',
      context,
    }: { method: string; accept: string | undefined; context: OperationContext },
  ): Promise<Answer | EventStream> => {
    let subscription: BegunSubscription | undefined
    const onSubscribe = (begun: BegunSubscription) => {
      subscription = begun
    }
    const response = await yoga.fetch(
      'http://localhost/graphql',
      { method, headers: { accept: entriesOf(accept).join() } },
      { ...context, parsed: params, onSubscribe },
    )
    if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
      return await answerFrom(response, operationNameIn(params))
    }
    delete params.variables // Yoga keeps the parameters for as long as it streams.
    return new EventStream(response, subscription, operationNameIn(params))
  }
}

/** Takes what Yoga made of a result. */
export async function answerFrom(
  response: Response,
  operationName: string | undefined,
): Promise<Answer> {
  const { status, headers } = response
  const text = await response.text()
  return new Answer(text, {
    status,
    headers: Object.fromEntries(headers),
    operationName,
    code: codeIn(text),
  })
}

const Refused = z.object({
  errors: z.tuple([z.object({ extensions: z.object({ code: z.string() }) })], z.unknown()),
})

/** Returns the code of the first error of a result in JSON, or `OK`. */
function codeIn(text: string): string {
  if (!text.includes('"errors"')) return 'OK'
  try {
    return Refused.safeParse(JSON.parse(text)).data?.errors[0].extensions.code ?? 'OK'
  } catch {
    return 'OK' // Of another form, such as a stream of parts.
  }
}
