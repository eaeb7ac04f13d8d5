import { setTimeout as sleep } from 'node:timers/promises'
import { Connection, nextResponse } from './connection.ts'
import {
  type Answer,
  authorizationOf,
  type Call,
  type Caller,
  drawCaller,
  type Exchange,
} from './exchange.ts'
import {
  brokenFrame,
  closeFrame,
  fragments,
  frame,
  opcode,
  takeFrames,
  textFrame,
} from './frames.ts'
import type { Operation } from './operations.ts'
import { drawParameters, jsonOf, textsOf } from './parameters.ts'
import type { Random } from './random.ts'
import { hostileJson, hostileText } from './values.ts'

const PROTOCOL = 'graphql-transport-ws'
/** Few, so that they are used again. */
const IDS = ['1', '2', '3', '__proto__', '']
/** Asked last on a connection that is still in order, and answered when all before it was read. */
const LAST = '{"type":"ping","payload":{"last":true}}'

/** A WebSocket from its upgrade to its end, with messages of the protocol in any order, and frames that break it. */
export async function holdWebSocket(call: Call): Promise<Exchange> {
  const { random, url, signal } = call
  const caller = drawCaller(call)
  const session = new Session(call, caller)
  using connection = await Connection.open(url, signal)
  const isHostileUpgrade = random.chance(0.06)
  connection.write(
    isHostileUpgrade ? hostileUpgrade(call) : upgrade(call, { authorization: session.header }),
  )
  const upgraded = await nextResponse(connection, 'GET')
  if (upgraded?.status !== 101) {
    const refused: Answer = upgraded ?? { kind: 'cut', reason: 'An upgrade was not answered' }
    return session.exchange('upgrade', [refused])
  }
  if (isHostileUpgrade) return session.exchange('upgrade', [])

  const parts = session.draw()
  if (random.chance(0.3)) connection.write(Buffer.concat(parts))
  else {
    for (const part of parts) {
      connection.write(part)
      if (random.chance(0.3)) await sleep(random.integer(0, 10))
    }
  }
  const answers = await end(connection, session, random)
  return session.exchange(session.isBroken ? 'with broken frames' : 'messages', answers)
}

/** Waits for what is due, ends in one of the ways in which connections end, and answers what came. */
async function end(connection: Connection, session: Session, random: Random): Promise<Answer[]> {
  const answers: Answer[] = []
  const isClosed = () => answers.some(({ kind }) => kind === 'close')
  const collect = async (isEnough: () => boolean) => {
    for (;;) {
      for (const incoming of takeFrames(connection)) {
        answers.push(incoming.kind === 'text' ? { kind: 'message', text: incoming.text } : incoming)
        if (incoming.kind === 'text') session.note(incoming.text)
      }
      if (isClosed() || connection.isEnded || isEnough()) return
      await connection.more()
    }
  }
  const way = random.weighted({ close: 55, abort: 30, half: 5, closeAtOnce: 10 })
  if (way !== 'closeAtOnce' && way !== 'abort' && !session.isBroken) {
    connection.write(textFrame(LAST))
    await collect(() => session.isAnswered)
  } else if (way === 'abort') {
    await sleep(random.integer(0, 30))
    takeFrames(connection)
    return answers
  }
  if (!isClosed() && !connection.isEnded) {
    if (way === 'half') connection.end()
    else connection.write(closeFrame(1000, ''))
  }
  await collect(() => false)
  if (!isClosed() && !session.isBroken && way !== 'half') {
    answers.push({ kind: 'close', code: 1006, reason: '' })
  }
  return answers
}

/** What one connection says, and what it is to be told. */
class Session {
  readonly #call: Call
  readonly #caller: Caller
  readonly #sent: string[] = []
  readonly #operations: Operation[] = []
  /** Ids of queries and mutations that get an end of their own. */
  readonly #due = new Set<string>()
  #hasPong = false
  readonly #tokenInHeader: boolean
  readonly #authorization: string | undefined
  isBroken = false

  constructor(call: Call, caller: Caller) {
    this.#call = call
    this.#caller = caller
    this.#tokenInHeader = call.random.chance(0.2)
    this.#authorization = authorizationOf(call, caller)
  }

  get header(): string | undefined {
    return this.#tokenInHeader ? this.#authorization : undefined
  }

  get isAnswered(): boolean {
    return this.#hasPong && this.#due.size === 0
  }

  exchange(what: string, answers: readonly Answer[]): Exchange {
    return {
      what: `WebSocket: ${what}`,
      caller: this.#caller,
      operations: this.#operations,
      sent: this.#sent,
      answers,
    }
  }

  /** The frames of a whole connection, apart from its end. */
  draw(): Buffer[] {
    const { random } = this.#call
    const parts: Buffer[] = []
    if (random.chance(0.95)) parts.push(this.#text(this.#init()))
    if (random.chance(0.15)) parts.push(...this.#idsAgain())
    for (let count = random.size(12); count > 0; count--) parts.push(this.#text(this.#message()))
    if (random.chance(0.15)) {
      this.isBroken = true
      parts.splice(random.integer(0, parts.length), 0, brokenFrame(random))
    }
    return parts
  }

  note(text: string): void {
    const message: unknown = JSON.parse(text)
    if (typeof message !== 'object' || message === null || !('type' in message)) return
    if (message.type === 'pong' && text.includes('"last":true')) this.#hasPong = true
    if ((message.type === 'complete' || message.type === 'error') && 'id' in message) {
      this.#due.delete(String(message.id))
    }
  }

  #init(): string {
    const { random } = this.#call
    if (this.#caller === 'stranger') {
      const near = this.#call.tokens.admin ?? 'x'
      const token = random.pick([
        () => JSON.stringify(this.#authorization),
        () => JSON.stringify([`Bearer ${near}`]),
        () => JSON.stringify({ toString: `Bearer ${near}` }),
        () => random.pick(['0', '1', 'true', 'false', '{}', '[]', '[null]', '1e999', '{"a":1}']),
        () => `[${hostileJson(random)}]`,
      ])()
      return `{"type":"connection_init","payload":{"authorization":${token}}}`
    }
    const authorization = JSON.stringify(this.#tokenInHeader ? undefined : this.#authorization)
    const whole = `{"type":"connection_init","payload":${authorization === undefined ? '{}' : `{"authorization":${authorization}}`}}`
    if (random.chance(0.9)) return whole
    return random.pick([
      () =>
        `${whole}`
          .replace('"payload":{', `"payload":{"more":${hostileJson(random)},`)
          .replace(',}', '}'),
      () => `{"type":"connection_init","payload":${hostileJson(random)}}`,
      () => '{"type":"connection_init"}',
      () => '{"type":"connection_init","payload":null}',
    ])()
  }

  /** An id that is taken, let go of and taken again. */
  #idsAgain(): Buffer[] {
    const { random } = this.#call
    const id = random.pick(IDS)
    const field = random.pick(['latestEnergy { timestamp }', 'telemetry { cursor }'])
    const subscribe = `{"type":"subscribe","id":"${id}","payload":{"query":"subscription { ${field} }"}}`
    const complete = `{"type":"complete","id":"${id}"}`
    const order = random.some(
      [subscribe, complete, subscribe, complete, subscribe],
      random.integer(2, 5),
    )
    const frames = order.map(textFrame)
    return random.chance(0.5) ? [Buffer.concat(frames)] : frames
  }

  #message(): string {
    const { random } = this.#call
    const way = random.weighted({ subscribe: 60, complete: 12, ping: 8, init: 3, hostile: 17 })
    const id = random.pick(IDS)
    switch (way) {
      case 'subscribe':
        return this.#subscribe()
      case 'complete':
        return `{"type":"complete","id":${JSON.stringify(id)}}`
      case 'ping':
        return `{"type":"${random.pick(['ping', 'pong'])}","payload":${random.chance(0.5) ? '{"a":1}' : hostileJson(random)}}`
      case 'init':
        return this.#init()
      case 'hostile':
        return random.pick([
          () => hostileJson(random),
          () => hostileText(random),
          () => '',
          () => '{"type":',
          () => `{"type":${hostileJson(random)}}`,
          () =>
            `{"type":"${random.pick(['next', 'error', 'connection_ack', 'start', '__proto__'])}","id":"1"}`,
          () => `{"type":"complete","id":${hostileJson(random)}}`,
          () =>
            `{"type":"subscribe","id":${hostileJson(random)},"payload":{"query":"{ plants { id } }"}}`,
          () => `{"type":"subscribe","id":"${id}","payload":${hostileJson(random)}}`,
          () => `{"type":"subscribe","id":"${id}","payload":{"query":${hostileJson(random)}}}`,
          () => `{"type":"subscribe","id":"${id}"}`,
        ])()
    }
  }

  #subscribe(): string {
    const { random, schema } = this.#call
    const kind = random.chance(0.5) ? 'subscription' : undefined
    const parameters = drawParameters(random, schema, kind)
    // An id of its own, mostly: what is taken closes the connection.
    const id = random.chance(0.1)
      ? random.pick(IDS)
      : random.chance(0.02)
        ? hostileText(random).slice(0, 10_000)
        : `o${random.integer(0, 1e9)}`
    this.#operations.push(parameters.operation)
    this.#sent.push(...textsOf(parameters))
    const goesOn = parameters.document.includes('subscription')
    if (!goesOn && id.startsWith('o')) this.#due.add(id)
    return `{"type":"subscribe","id":${JSON.stringify(id)},"payload":${jsonOf(parameters)}}`
  }

  #text(text: string): Buffer {
    const { random } = this.#call
    this.#sent.push(text)
    if (random.chance(0.06)) return fragments(random, text)
    if (random.chance(0.01)) return frame({ opcode: opcode.binary, payload: Buffer.from(text) })
    return textFrame(text)
  }
}

function upgrade(
  { url, random }: Call,
  {
    authorization,
    path = '/graphql',
    more = '',
  }: { authorization?: string | undefined; path?: string; more?: string },
): string {
  return [
    `GET ${path} HTTP/1.1`,
    `Host: ${new URL(url).host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    `Sec-WebSocket-Protocol: ${random.chance(0.98) ? PROTOCOL : `x, ${PROTOCOL}`}`,
    ...(authorization === undefined ? [] : [`Authorization: ${authorization}`]),
    `${more}\r\n`,
  ].join('\r\n')
}

function hostileUpgrade(call: Call): string {
  const { random, url } = call
  const whole = upgrade(call, {})
  return random.pick([
    () => whole.replace('Version: 13', `Version: ${random.pick(['8', '99', 'x', ''])}`),
    () =>
      whole.replace(/Sec-WebSocket-Key: .*\r\n/, random.pick(['', 'Sec-WebSocket-Key: short\r\n'])),
    () =>
      whole.replace(
        /Sec-WebSocket-Protocol: .*\r\n/,
        random.pick([
          '',
          'Sec-WebSocket-Protocol: graphql-ws\r\n',
          'Sec-WebSocket-Protocol: ,,\r\n',
        ]),
      ),
    () => whole.replace('GET ', random.pick(['POST ', 'HEAD ', 'PUT '])),
    () => upgrade(call, { path: random.pick(['/', '/livez', '/nothing', `/${'x'.repeat(5000)}`]) }),
    () =>
      upgrade(call, {
        more: `Origin: ${random.pick(['http://evil.example', 'null', 'x'.repeat(2000)])}\r\n`,
      }),
    () =>
      upgrade(call, { authorization: random.pick(['Bearer nobody-has-this-one', 'nonsense', '']) }),
    () => whole.replace(new URL(url).host, 'evil.example'),
    () =>
      upgrade(call, {
        more: `Sec-WebSocket-Extensions: ${random.pick(['permessage-deflate', 'x; y=z', ',;='])}\r\n`,
      }),
    () => upgrade(call, { more: 'Content-Length: 5\r\n' }),
  ])()
}
