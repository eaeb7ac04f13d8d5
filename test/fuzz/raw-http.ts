import { setTimeout as sleep } from 'node:timers/promises'
import { maxPipelined } from '../../src/http/limits.ts'
import { Connection, nextResponse } from './connection.ts'
import { type Answer, type Call, drawCaller, type Exchange } from './exchange.ts'
import type { Random } from './random.ts'
import { hostileText } from './values.ts'

/** What is written on one connection. */
interface Script {
  readonly what: string
  readonly parts: readonly (string | Buffer)[]
  /** The method of each request that gets an answer; where there is none the connection is abandoned. */
  readonly answers: readonly string[]
}

/** What reaches the parser of HTTP whole is answered, also where it is refused; beyond this a refusal may be lost. */
const SURELY_READ = 8000

/** Requests as no library would write them: half, too large, wrong, several at once, or never ended. */
export async function writeRaw(call: Call): Promise<Exchange> {
  const { random, url, tokens, signal } = call
  const drawn = drawCaller(call)
  const caller = drawn === 'stranger' ? 'nobody' : drawn
  const token = tokens[caller]
  const script = scriptOf(random, new URL(url).host, token)
  const written = script.parts.map((part) => Buffer.from(part))
  const answers: Answer[] = []
  using connection = await Connection.open(url, signal)
  for (const part of written) {
    connection.write(part)
    if (random.chance(0.5)) await sleep(random.integer(0, 5))
  }
  if (script.answers.length === 0) await sleep(random.size(200))
  for (const method of script.answers) {
    const answer = await nextResponse(connection, method)
    if (answer !== undefined) answers.push(answer)
    else if (
      answers.every(({ kind }) => kind === 'http') &&
      Buffer.concat(written).length < SURELY_READ
    ) {
      // After a refusal the rest of a pipeline is not answered.
      const refused = answers.some((one) => one.kind === 'http' && one.status >= 400)
      if (!refused) answers.push({ kind: 'cut', reason: 'The connection ended without an answer' })
      break
    } else break
  }
  return {
    what: `raw HTTP: ${script.what}`,
    caller,
    operations: [],
    sent: written.map(String),
    answers,
  }
}

function scriptOf(random: Random, host: string, token: string | undefined): Script {
  const authorization = token === undefined ? '' : `Authorization: Bearer ${token}\r\n`
  const head = (line: string, more = '') =>
    `${line} HTTP/1.1\r\nHost: ${host}\r\n${authorization}${more}\r\n`
  const body = JSON.stringify({ query: '{ plants { id } }' })
  const json = 'Content-Type: application/json\r\n'
  const length = `Content-Length: ${body.length}\r\n`
  const whole = head('POST /graphql', json + length) + body
  const chunked = (chunks: string) =>
    head('POST /graphql', `${json}Transfer-Encoding: chunked\r\n`) + chunks
  const one = (what: string, ...parts: (string | Buffer)[]): Script => ({
    what,
    parts,
    answers: ['POST'],
  })
  const none = (what: string, ...parts: (string | Buffer)[]): Script => ({
    what,
    parts,
    answers: [],
  })
  const cut = random.integer(1, whole.length - 1)

  return random.pick<() => Script>([
    () => one('a request in two parts', whole.slice(0, cut), whole.slice(cut)),
    () => one('a request byte by byte', ...whole.slice(0, 400).split(''), whole.slice(400)),
    () => none('half a request', whole.slice(0, cut)),
    () => none('nothing', ''),
    () =>
      none(
        'a body that does not come',
        head('POST /graphql', `${json}Content-Length: 8000000\r\n`),
      ),
    () =>
      none(
        'a body that is abandoned',
        head('POST /graphql', `${json}Content-Length: 1000000\r\n`),
        ...Array.from({ length: random.size(20) }, () => 'x'.repeat(random.size(30_000))),
      ),
    () => none('an answer that is not awaited', whole),
    () =>
      one(
        'Expect: 100-continue',
        head('POST /graphql', `${json + length}Expect: 100-continue\r\n`),
        body,
      ),
    () =>
      one(
        'another Expect',
        head(
          'POST /graphql',
          `${json + length}Expect: ${random.pick(['nothing', '200-ok', 'x'.repeat(500)])}\r\n`,
        ),
      ),
    () =>
      one(
        'a header that is too large',
        head(
          'POST /graphql',
          `${json + length}X: ${'x'.repeat(random.integer(16_000, 100_000))}\r\n`,
        ),
        body,
      ),
    () =>
      one(
        'too many headers',
        head('POST /graphql', `${json + length}${'X: y\r\n'.repeat(random.integer(1500, 5000))}`),
        body,
      ),
    () =>
      one('a path that is too long', head(`GET /${'x'.repeat(random.integer(16_000, 100_000))}`)),
    () => one('a path that is long', head(`GET /${'x'.repeat(random.size(12_000))}`)),
    () =>
      one(
        'an odd path',
        head(
          `GET ${random.pick(['*', 'http://evil.example/', '//', '/%00', '/..%2f..%2f', '/graphql#x', '/\\', '/?x'])}`,
        ),
      ),
    () =>
      one(
        'text within a path',
        head(`GET /${encodeURI(hostileText(random).slice(0, 1000).toWellFormed())}`),
      ),
    () => one('whole chunks', chunked(`${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`)),
    () =>
      one(
        'small chunks',
        chunked(`${[...body].map((letter) => `1\r\n${letter}\r\n`).join('')}0\r\n\r\n`),
      ),
    () => one('a chunk of no length', chunked('zz\r\n')),
    () => one('a chunk of too great a length', chunked('ffffffffffffffffff\r\nx')),
    () => one('a chunk of a negative length', chunked('-1\r\nx')),
    () =>
      one(
        'chunks and a length',
        head('POST /graphql', `${json + length}Transfer-Encoding: chunked\r\n`) + body,
      ),
    () => one('two lengths', head('POST /graphql', `${json + length}Content-Length: 3\r\n`) + body),
    () =>
      one(
        'a length that is none',
        head(
          'POST /graphql',
          `${json}Content-Length: ${random.pick(['-1', 'x', '1e9', '9'.repeat(30)])}\r\n`,
        ),
      ),
    () => one('no length', head('POST /graphql', json)),
    () => one('no Host', `GET /livez HTTP/1.1\r\n\r\n`),
    () => one('two Hosts', head('GET /livez', `Host: ${host}\r\n`)),
    () =>
      one(
        'a foreign Host',
        `GET /livez HTTP/1.1\r\nHost: ${random.pick(['evil.example', 'x'.repeat(2000), ':::', '127.0.0.1:1'])}\r\n\r\n`,
      ),
    () => one('HTTP/1.0', `GET /livez HTTP/1.0\r\nHost: ${host}\r\n\r\n`),
    () => one('HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    () => one('another version', `GET /livez HTTP/${random.pick(['9.9', '1', 'x'])}\r\n\r\n`),
    () => one('TLS', Buffer.from('16030100a5010000a10303', 'hex'), Buffer.alloc(200, 7)),
    () => one('rubbish', Buffer.from(Array.from({ length: 200 }, () => random.integer(128, 255)))),
    () =>
      one(
        'a known method',
        head(
          `${random.pick(['PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND', 'LINK'])} ${random.pick(['/graphql', '/', '/livez', '/nothing'])}`,
        ),
      ),
    () => one('an unknown method', head(`${random.pick(['NONSENSE', 'get', 'QUERRY'])} /graphql`)),
    () => ({
      what: 'OPTIONS',
      parts: [
        head(
          `OPTIONS ${random.pick(['/graphql', '*', '/nothing'])}`,
          'Access-Control-Request-Headers: x\r\n',
        ),
      ],
      answers: ['POST'],
    }),
    () => one('CONNECT', `CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\n\r\n`),
    () =>
      one(
        'an upgrade to nothing known',
        head('GET /graphql', 'Connection: Upgrade\r\nUpgrade: h2c\r\nAccept: application/json\r\n'),
      ),
    () => ({
      what: 'HEAD',
      parts: [head(`HEAD ${random.pick(['/livez', '/health', '/nothing', '/graphql'])}`)],
      answers: ['HEAD'],
    }),
    () => one('a probe', head(`GET ${random.pick(['/livez', '/readyz', '/health', '/'])}`)),
    () => {
      const count = random.size(maxPipelined)
      return {
        what: 'a pipeline',
        parts: [whole.repeat(count)],
        answers: Array.from({ length: count }, () => 'POST'),
      }
    },
    () => ({
      what: 'a pipeline that breaks',
      parts: [whole + whole.slice(0, cut) + whole],
      answers: ['POST'],
    }),
    () => none('a pipeline that is not awaited', whole.repeat(random.size(100))),
    () => one('a line feed alone', whole.replaceAll('\r\n', '\n')),
    () => one('a folded header', head('GET /livez', 'X: a\r\n b\r\n')),
    () => one('a header without a name', head('GET /livez', ': a\r\n')),
    () => one('a header with NUL', head('GET /livez', 'X: a\u0000b\r\n')),
  ])()
}
