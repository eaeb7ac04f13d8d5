import { authorizationOf, type Call, drawCaller, type Exchange } from './exchange.ts'
import { drawParameters, jsonOf, type Parameters, searchOf, textsOf } from './parameters.ts'
import type { Random } from './random.ts'
import { send } from './request.ts'
import { hostileJson, hostileText } from './values.ts'

const JSON_TYPE = 'application/json'
const accepts = [
  ...['application/json', 'application/graphql-response+json', '*/*'],
  ...['application/json', 'application/graphql-response+json;q=0.9, application/json;q=0.5'],
  ...['text/csv', 'text/plain', 'image/png', 'application/json;q=0', 'text/event-stream;q=0', ''],
  ...['application/xml, */*;q=0.1', 'nonsense', ',,,', 'application/json; charset=utf-16'],
]
const wrongTypes = [
  ...['text/plain', 'application/graphql-response+json', 'application/xml', '', 'nonsense', ';;;'],
  ...['multipart/form-data', 'multipart/form-data; boundary=x', 'application/x-ndjson'],
  ...['application/json, application/json', 'application/graphql+json', 'image/svg+xml'],
  ...['application/json; charset=utf-16', 'application/json; charset=nonsense', 'APPLICATION/JSON'],
]

/** POST, with a body of each kind that a server knows, and of those that it does not. */
export async function post(call: Call): Promise<Exchange> {
  const { random, schema } = call
  const caller = drawCaller(call)
  const parameters = drawParameters(random, schema)
  const { type, text } = bodyOf(random, parameters)
  const body = random.chance(0.03) ? brokenBytes(random, Buffer.from(text)) : Buffer.from(text)
  const accept = random.chance(0.6) ? JSON_TYPE : random.pick(accepts)
  const path = random.chance(0.97)
    ? '/graphql'
    : random.pick([`/graphql?${shortSearch(parameters)}`, '/graphql?', '/graphql/', '//graphql'])
  const answer = await send(call, {
    method: 'POST',
    path,
    headers: {
      'content-type': type,
      'content-length': String(body.length),
      accept,
      ...headersOf(call, caller),
      ...(random.chance(0.02) ? { 'content-encoding': random.pick(['gzip', 'br', 'x']) } : {}),
    },
    body,
  })
  return {
    what: `POST ${path.slice(0, 12)}, ${type || 'no type'}, accepting ${accept || 'nothing'}`,
    caller,
    operations: [parameters.operation],
    sent: [text, ...textsOf(parameters)],
    // What is too large may be refused while it is being sent, and the refusal be lost with the connection.
    answers: answer.kind === 'cut' && body.length > 100_000 ? [] : [answer],
  }
}

/** GET, by which nothing may be changed. */
export async function get(call: Call): Promise<Exchange> {
  const { random, schema } = call
  const caller = drawCaller(call)
  const parameters = drawParameters(random, schema)
  const brokenJson = random.pick([
    '{',
    '{"a":',
    'nonsense',
    '"',
    '[1',
    '{"a":NaN}',
    '\u0000',
    '{a:1}',
  ])
  const search = random.weighted({ whole: 70, variables: 10, extensions: 8, percent: 6, none: 6 })
  const query = {
    whole: () => searchOf(parameters),
    variables: () => searchOf({ ...parameters, variables: brokenJson }),
    extensions: () => searchOf({ ...parameters, extensions: brokenJson }),
    percent: () => `query=${random.pick(['%ff%fe', '%', '%zz', '%00', '%C0%AF', '+++'])}`,
    none: () => random.pick(['', 'query', 'query=', 'query=a&query=b', '&&&===', 'variables={}']),
  }[search]()
  const accept = random.chance(0.6) ? JSON_TYPE : random.pick(accepts)
  const method = random.chance(0.95) ? 'GET' : 'HEAD'
  // Node refuses the whole beyond 16 KB, and then says nothing of what it was.
  const path = `/graphql?${query.slice(0, random.chance(0.95) ? 12_000 : 40_000)}`
  const answer = await send(call, { method, path, headers: { accept, ...headersOf(call, caller) } })
  return {
    what: `${method} with ${search}, accepting ${accept || 'nothing'}`,
    caller,
    operations: [parameters.operation],
    readOnly: true,
    sent: [path, ...textsOf(parameters)],
    answers: [answer],
  }
}

function headersOf(call: Call, caller: Exchange['caller']): Record<string, string> {
  const { random } = call
  const authorization = authorizationOf(call, caller)
  return {
    ...(authorization === undefined ? {} : { authorization }),
    ...(random.chance(0.02) ? { origin: random.pick(['null', 'http://evil.example', '::']) } : {}),
    ...(random.chance(0.02)
      ? { 'x-forwarded-for': random.pick(['10.0.0.1', `${'1,'.repeat(500)}1`, '☀'.slice(1)]) }
      : {}),
  }
}

function bodyOf(random: Random, parameters: Parameters): { type: string; text: string } {
  const json = jsonOf(parameters)
  const way = random.weighted({ json: 70, form: 8, document: 5, wrongType: 6, broken: 11 })
  switch (way) {
    case 'json':
      return {
        type: random.pick([JSON_TYPE, JSON_TYPE, `${JSON_TYPE}; charset=utf-8`]),
        text: json,
      }
    case 'form': {
      const broken = random.chance(0.3) ? { ...parameters, variables: '{"a":' } : parameters
      return { type: 'application/x-www-form-urlencoded', text: searchOf(broken) }
    }
    case 'document':
      return { type: 'application/graphql', text: parameters.document }
    case 'wrongType':
      return { type: random.pick(wrongTypes), text: json }
    case 'broken':
      return { type: JSON_TYPE, text: brokenJson(random, json) }
  }
}

/** What is sent as JSON and is none, or is not what is asked for. */
function brokenJson(random: Random, json: string): string {
  return random.pick([
    () => json.slice(0, random.integer(0, json.length - 1)),
    () => `${json}${random.pick(['}', ',', '\u0000', json])}`,
    () => `\ufeff${json}`,
    () => `[${json},${json}]`,
    () =>
      `[${`${json},`.repeat(Math.min(random.size(1000), Math.ceil(100_000 / json.length)))}${json}]`,
    () => hostileJson(random),
    () => `{"query":${hostileJson(random)}}`,
    () => `{"query":"{ plants { id } }","operationName":${hostileJson(random)}}`,
    () => `{"query":"{ plants { id } }","__proto__":${hostileJson(random)}}`,
    () => `{"query":"{ plants { id } }","query":${hostileJson(random)}}`,
    () => `{"id":"x","documentId":"x","extensions":{"persistedQuery":${hostileJson(random)}}}`,
    () => hostileText(random),
    () => '',
  ])()
}

/** With bytes that are no UTF-8. */
function brokenBytes(random: Random, bytes: Buffer): Buffer {
  const at = random.integer(0, bytes.length)
  const broken = Buffer.from(random.pick([[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf0, 0x9f]]))
  return Buffer.concat([bytes.subarray(0, at), broken, bytes.subarray(at)])
}

function shortSearch(parameters: Parameters): string {
  return searchOf(parameters).slice(0, 4000)
}
