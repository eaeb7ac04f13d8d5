import { authorizationOf, type Call, drawCaller, type Exchange } from './exchange.ts'
import { drawParameters, jsonOf, searchOf, textsOf } from './parameters.ts'
import { send } from './request.ts'

const accepts = [
  ...['text/event-stream', 'text/event-stream', 'text/event-stream', 'text/event-stream'],
  ...[
    'application/json',
    'text/csv',
    '*/*',
    '',
    'application/graphql-response+json',
    'text/html;q=0',
  ],
  ...['multipart/mixed;subscriptionSpec=1.0, application/json', 'multipart/mixed', 'text/*'],
  ...['multipart/mixed; boundary="-"; deferSpec=20220824', 'application/json, text/event-stream'],
]

/** A subscription over HTTP, which is left soon after its first event: or anything else that asks for events. */
export async function takeEvents(call: Call): Promise<Exchange> {
  const { random, schema } = call
  const caller = drawCaller(call)
  const parameters = drawParameters(
    random,
    schema,
    random.chance(0.75) ? 'subscription' : undefined,
  )
  const accept = random.pick(accepts)
  const authorization = authorizationOf(call, caller)
  const headers = { accept, ...(authorization === undefined ? {} : { authorization }) }
  const byGet = random.chance(0.3)
  const body = Buffer.from(jsonOf(parameters))
  const answer = byGet
    ? await send(call, {
        method: 'GET',
        path: `/graphql?${searchOf(parameters).slice(0, 12_000)}`,
        headers,
      })
    : await send(call, {
        method: 'POST',
        path: '/graphql',
        headers: {
          ...headers,
          'content-type': 'application/json',
          'content-length': String(body.length),
        },
        body,
      })
  return {
    what: `${byGet ? 'GET' : 'POST'} for events, accepting ${accept || 'nothing'}`,
    caller,
    operations: [parameters.operation],
    readOnly: byGet,
    sent: textsOf(parameters),
    answers: answer.kind === 'cut' && body.length > 100_000 ? [] : [answer],
  }
}
