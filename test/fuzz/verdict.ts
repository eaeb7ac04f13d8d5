import type { GraphQLSchema } from 'graphql'
import type { Answer, Caller, Exchange, HttpAnswer } from './exchange.ts'

/** What an exchange broke, and the words that show it. */
export interface Breach {
  readonly rule: string
  readonly detail: string
}

/** What the server was started with. */
export interface Rules {
  /** Whether nobody in particular may read. */
  readonly publicRead: boolean
  readonly tokens: readonly string[]
  /** The least role of each mutation. */
  readonly needs: ReadonlyMap<string, Caller>
}

/** So much of what was sent may a message repeat. */
const MOST_REPEATED = 100
/** No message of ours comes near. */
const LONGEST_MESSAGE = 1000
const SHOWN = 300

const rank: Readonly<Record<Caller, number>> = {
  stranger: -1,
  nobody: -1,
  read: 0,
  ingest: 1,
  admin: 2,
}

/** Frames that break RFC 6455 are closed by these codes, which say all. */
const selfExplaining = new Set([1000, 1002, 1003, 1005, 1006, 1007, 1009])

const leaks: Readonly<Record<string, RegExp>> = {
  'a stack reached a client': /\bat (?:async )?(?:[\w.<>]+ \(?)?(?:file:|node:|\/)\S+:\d+:\d+/,
  'a path of the server reached a client':
    /(?:^|[\s"'(])\/(?:work|home|root|usr|tmp|var|opt|srv|proc)\/\w|file:\/\/\/|node_modules/,
  'SQL reached a client':
    /\b(?:select\b[^"]{1,500}\bfrom|insert into|update\b[^"]{1,100}\bset|delete from)\b/i,
  "the database's words reached a client":
    /relation "|syntax error at or near|violates \S+ constraint|invalid input syntax|out of range for type/,
}

/** The least roles, as the descriptions of the contract say them. */
export function rolesOf(schema: GraphQLSchema): Map<string, Caller> {
  const needs = new Map<string, Caller>()
  for (const { name, description } of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const role = /Needs the (read|ingest|admin)\b/.exec(description ?? '')?.[1]
    if (role !== 'read' && role !== 'ingest' && role !== 'admin') {
      throw new Error(`Expected the description of ${name} to say which role it needs`)
    }
    needs.set(name, role)
  }
  return needs
}

/** All that is wrong with what came back. */
export function judge(exchange: Exchange, rules: Rules): Breach[] {
  const breaches: Breach[] = []
  const found = (rule: string, detail: string) =>
    breaches.push({ rule, detail: detail.slice(0, SHOWN) })
  for (const answer of exchange.answers) {
    judgeForm(answer, found)
    const text = textOf(answer)
    if (rules.tokens.some((token) => text.includes(token))) found('a token reached a client', text)
    for (const result of resultsOf(answer)) {
      judgeErrors(errorsOf(result), exchange, found)
      judgeRole(result, exchange, rules, found)
    }
    if (answer.kind === 'close') judgeWords(answer.reason, exchange, found)
  }
  return breaches
}

type Found = (rule: string, detail: string) => void

/** Whether a refusal is one that a program can read. */
function judgeForm(answer: Answer, found: Found): void {
  if (answer.kind === 'cut') found('a connection ended without an answer', answer.reason)
  if (answer.kind === 'close') {
    const { code, reason } = answer
    if (code === 4500 || code === 1011) found(`a WebSocket was closed with ${code}`, reason)
    if (code === 1006) found('a WebSocket ended without a close', '')
    if (!selfExplaining.has(code) && reason === '') found(`a close without a reason: ${code}`, '')
  }
  if (answer.kind !== 'http') return
  if (answer.status === 500) found('500', answer.body)
  if (answer.status >= 400 && answer.method !== 'HEAD' && !isProbe(answer)) {
    const errors = resultsOf(answer).flatMap(errorsOf)
    if (errors.length === 0) found(`a refusal without a code: ${answer.status}`, answer.body)
  }
}

/** `/readyz` and `/health` answer 503 in a form of their own. */
function isProbe({ status, body }: HttpAnswer): boolean {
  return status === 503 && /^\{"(?:ready|status)":/.test(body)
}

function judgeErrors(errors: readonly unknown[], exchange: Exchange, found: Found): void {
  for (const error of errors) {
    const text = JSON.stringify(error)
    const { message, extensions } = fieldsOf(error)
    const { code } = fieldsOf(extensions)
    if (typeof code !== 'string') found('an error without a code', text)
    if (code === 'INTERNAL_SERVER_ERROR') found('INTERNAL_SERVER_ERROR', text)
    if (text.includes('"originalError"')) found('extensions.originalError', text)
    for (const words of [message, ...textsIn(extensions)]) {
      if (typeof words === 'string') judgeWords(words, exchange, found)
    }
  }
}

function judgeWords(words: string, { sent }: Exchange, found: Found): void {
  const said = words.slice(0, 20_000)
  for (const [rule, pattern] of Object.entries(leaks)) {
    const place = pattern.exec(said)
    // What the client itself wrote is no secret.
    if (place !== null && !sent.some((text) => text.includes(place[0].trim()))) {
      found(rule, said.slice(Math.max(0, place.index - 100)))
    }
  }
  if (words.length > LONGEST_MESSAGE) found('a message too long', `${words.length}: ${words}`)
  else if (repeats(words, sent)) found('a message repeats what was sent', words)
}

function repeats(words: string, sent: readonly string[]): boolean {
  const last = words.length - MOST_REPEATED - 1
  if (last < 0) return false
  const sources = sent.flatMap((text) => [text, text.replaceAll(/\\(["\\/])/g, '$1')])
  for (let from = 0; from <= last; from++) {
    const piece = words.slice(from, from + MOST_REPEATED + 1)
    if (sources.some((source) => source.includes(piece))) return true
  }
  return false
}

/** Whether something was read or changed by whom, or in a way, that must not. */
function judgeRole(result: unknown, exchange: Exchange, rules: Rules, found: Found): void {
  const { caller, operations, readOnly } = exchange
  const data = Object.entries(fieldsOf(fieldsOf(result).data)).filter(([, value]) => value !== null)
  if (data.length === 0) return
  const isReader = rank[caller] >= 0 || (caller === 'nobody' && rules.publicRead)
  if (!isReader) found(`${caller} has read`, JSON.stringify(result))
  for (const { kind, fields } of operations) {
    if (kind !== 'mutation') continue
    for (const [key] of data) {
      const field = fields.get(key)
      const needed = field === undefined ? undefined : rules.needs.get(field)
      if (needed === undefined) continue
      if (readOnly) found('a mutation by GET', JSON.stringify(result))
      if (rank[caller] < rank[needed]) found(`${caller} has done ${field}`, JSON.stringify(result))
    }
  }
}

function textOf(answer: Answer): string {
  if (answer.kind === 'http') return answer.body
  if (answer.kind === 'message') return answer.text
  return answer.reason
}

/** The results of GraphQL that an answer holds, whatever carries them. */
export function resultsOf(answer: Answer): unknown[] {
  if (answer.kind === 'message') {
    const { type, payload } = fieldsOf(parsed(answer.text))
    if (type === 'next') return [payload]
    return type === 'error' ? [{ errors: payload }] : []
  }
  if (answer.kind !== 'http') return []
  if (answer.type.startsWith('text/event-stream')) {
    return [...answer.body.matchAll(/^data: (\{.*\})$/gm)].map(([, data = '']) => parsed(data))
  }
  if (answer.type.startsWith('multipart/')) {
    return [...answer.body.matchAll(/^\{.*\}$/gm)].map(([data]) => parsed(data))
  }
  const whole = parsed(answer.body)
  return Array.isArray(whole) ? whole : [whole]
}

function errorsOf(result: unknown): unknown[] {
  const { errors } = fieldsOf(result)
  return Array.isArray(errors) ? errors : []
}

/** All strings within, however deep. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

/** undefined where it is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
