import { expect, test } from 'vitest'
import { readContract } from './contract.ts'
import type { Answer, Exchange } from './exchange.ts'
import type { Operation } from './operations.ts'
import { judge, rolesOf } from './verdict.ts'

const rules = { publicRead: false, tokens: ['secret-admin-token'], needs: rolesOf(readContract()) }
const long = 'x'.repeat(101)

function http(status: number, body: unknown, type = 'application/json'): Answer {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { kind: 'http', method: 'POST', status, type, body: text }
}

function told(message: string, extensions: object = { code: 'BAD_USER_INPUT' }): Answer {
  return http(200, { errors: [{ message, extensions }] })
}

function rulesBroken(answer: Answer, exchange: Partial<Exchange> = {}): string[] {
  const whole = { what: '', caller: 'admin', operations: [], sent: [], answers: [answer] } as const
  return judge({ ...whole, ...exchange }, rules).map(({ rule }) => rule)
}

const deleting: Operation = {
  kind: 'mutation',
  document: '',
  operationName: undefined,
  variables: '{}',
  fields: new Map([['m1', 'deleteTelemetry']]),
}

test.for<[string, Answer, Partial<Exchange>?]>([
  ['500', http(500, { errors: [{ message: 'x', extensions: { code: 'X' } }] })],
  ['INTERNAL_SERVER_ERROR', told('x', { code: 'INTERNAL_SERVER_ERROR' })],
  ['a refusal without a code: 406', http(406, '')],
  ['a refusal without a code: 400', http(400, 'Bad Request', 'text/plain')],
  ['an error without a code', told('x', {})],
  ['an error without a code', { kind: 'message', text: '{"type":"error","payload":[{}]}' }],
  ['an error without a code', http(200, 'data: {"errors":[{}]}\n\n', 'text/event-stream')],
  ['extensions.originalError', told('x', { code: 'X', originalError: {} })],
  ['a stack reached a client', told('at parse (node:internal/x.js:10:3)')],
  ['a path of the server reached a client', told('see /srv/heliograph/data')],
  ['SQL reached a client', told('select x from solark.telemetry')],
  ["the database's words reached a client", told('relation "plant" does not exist')],
  ['a token reached a client', http(200, 'secret-admin-token', 'text/html')],
  ['a message too long', told('a'.repeat(2000))],
  ['a message repeats what was sent', told(`got ${long}`), { sent: [`"${long}"`] }],
  [
    'a message repeats what was sent',
    { kind: 'close', code: 4400, reason: long },
    { sent: [long] },
  ],
  ['a WebSocket was closed with 4500', { kind: 'close', code: 4500, reason: 'x' }],
  ['a WebSocket was closed with 1011', { kind: 'close', code: 1011, reason: 'x' }],
  ['a WebSocket ended without a close', { kind: 'close', code: 1006, reason: '' }],
  ['a close without a reason: 4409', { kind: 'close', code: 4409, reason: '' }],
  ['a connection ended without an answer', { kind: 'cut', reason: 'x' }],
  ['nobody has read', http(200, { data: { plants: [] } }), { caller: 'nobody' }],
  ['stranger has read', http(200, { data: { plants: [] } }), { caller: 'stranger' }],
  [
    'ingest has done deleteTelemetry',
    http(200, { data: { m1: 3 } }),
    { caller: 'ingest', operations: [deleting] },
  ],
  ['a mutation by GET', http(200, { data: { m1: 3 } }), { readOnly: true, operations: [deleting] }],
])('a verdict finds: %s', ([rule, answer, exchange]) => {
  expect(rulesBroken(answer, exchange)).toContain(rule)
})

test('a verdict finds nothing in answers as they should be', () => {
  const message = `Expected a plant, got "${'x'.repeat(90)}": give one of those that are registered, which the query plants answers`
  const answers: Answer[] = [
    http(200, { data: { m1: 3 } }),
    http(413, { errors: [{ message, extensions: { code: 'BODY_TOO_LARGE' } }] }),
    http(503, '{"ready":false,"reason":"The database is away"}'),
    { kind: 'message', text: '{"type":"pong"}' },
    { kind: 'close', code: 1000, reason: '' },
    { kind: 'close', code: 4409, reason: 'Subscriber for 1 already exists' },
    { ...http(406, ''), method: 'HEAD' } as Answer,
  ]
  for (const answer of answers) {
    expect(
      rulesBroken(answer, { operations: [deleting], sent: [`{"id":"${'x'.repeat(5000)}"}`] }),
    ).toEqual([])
  }
})
