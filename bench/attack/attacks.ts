import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { FIRST_SIMULATED_PLANT } from '../../src/telemetry/reading.ts'
import { keepWriting, openSockets, type Sockets } from './sockets.ts'
import { PLANTS } from './stock.ts'

/** Goes on until the signal is aborted, and then lets go of everything. */
type Attack = (url: string, signal: AbortSignal) => Promise<void>

/** Just below what anybody may send, with a document beside it. */
const LARGEST = 8 * 1024 * 1024 - 10_000
/** The same of who may only read. */
const LARGEST_TO_READ = 256 * 1024 - 4000
/** As many values as a reader may send, beside a few of the request itself. */
const MOST_VALUES = 9900
/** Levels of lists that a reader may send within a variable. */
const DEEPEST = 29
/** More connections than one address may have. */
const MOST_CONNECTIONS = 20_200
/** Where the attacker is that takes all connections of one address, which the user has another of. */
const ELSEWHERE = '127.0.0.2'
const DAY_MS = 86_400_000

const quantities = ['soc', 'pvPower', 'loadPower', 'batteryPower', 'gridPower', 'batteryVoltage']
const kilowattHours = 'pv load gridImport gridExport batteryCharge batteryDischarge'
const numbers = [
  ...[
    'soc',
    'batteryPower',
    'batteryVoltage',
    'batteryCurrent',
    'pvPower',
    'pvVoltage',
    'pvCurrent',
  ],
  ...['loadPower', 'gridPower', 'pvToGrid', 'gridToLoad', 'batteryCharge', 'batteryDischarge'],
  ...['gridImport', 'gridExport', 'timestamp', 'createdAt', 'id'],
]
/** Until subscriptions have begun, of which nothing is heard. */
const BEGUN_MS = 300
const follow = 'subscription { telemetry { cursor } }'
const subscribe = 'subscription { latestEnergy { timestamp soc } }'

/** What was seen to take the server down, or its share from others, each by what the attacker does. */
export const attacks: Readonly<Record<string, Attack>> = {
  '20 x 8 MB of nested variables at once': flood(20, ({ post }) => {
    const variable = brackets(LARGEST)
    return (round) => post(bodyOf(slowHistories(round), variable))
  }),

  '20 x 256 KB of nested variables at once': flood(20, ({ post }) => {
    const variable = nestedLists()
    return (round) => post(bodyOf(slowHistories(round), variable))
  }),

  'connection_init of 8 MB on 20 idle sockets': async (url, signal) => {
    const sockets = openSockets(url, 1, signal)
    const message = `{"type":"connection_init","payload":{"x":${brackets(LARGEST)}}}`
    for (let count = 0; count < 20 && !signal.aborted; count++) {
      const opened = await sockets.openWebSocket()
      if (opened === undefined) break
      const { webSocket } = opened
      webSocket.send(message)
      await Promise.race([once(webSocket, 'message'), once(webSocket, 'close'), over(signal)])
    }
    await over(signal)
  },

  '150 unfinished POSTs of 8 MB': async (url, signal) => {
    const { write, head } = openSockets(url, 1, signal)
    const text = head(LARGEST) + 'x'.repeat(LARGEST - 1)
    for (let count = 0; count < 150; count++) write(text)
    await over(signal)
  },

  'bodies in chunks of one byte, on 20 connections': flood(20, ({ stream, head }) => {
    const chunks = '1\r\nx\r\n'.repeat(10_000)
    return () => stream(head('chunked'), chunks)
  }),

  'requests that await no response, on 10 connections': flood(10, ({ stream, get }) => {
    const requests = get('/livez').repeat(1500)
    return () => stream('', requests)
  }),

  'scrapes of metrics, 300 at a time': async (url, signal) => {
    const scrape = async () => {
      while (!signal.aborted) {
        const response = await fetch(`${url}/metrics`, { signal }).catch(() => sleep(1))
        await response?.text().catch(() => {})
      }
    }
    await Promise.all(Array.from({ length: 300 }, scrape))
  },

  'what cannot be read behind a request, on 30 connections': flood(30, ({ stream, head }) => {
    const spaces = ' '.repeat(64 * 1024)
    return async () => {
      const body = bodyOf(slowHistory(Math.floor(Math.random() * 1000)))
      await stream(`${head(body.length)}${body}\x01\r\n\r\n`, spaces)
    }
  }),

  'pings on 10 WebSockets': onWebSockets(10, () => '{"type":"ping"}'),

  'operations on 10 WebSockets': onWebSockets(
    10,
    (id) => `{"type":"subscribe","id":"${id}","payload":{"query":"{ latestEnergy { soc } }"}}`,
  ),

  '5000 different subscriptions that ask the database': async (url, signal) => {
    const { openWebSocket } = openSockets(url, 1, signal)
    for (let connection = 0; connection < 50 && !signal.aborted; connection++) {
      const opened = await openWebSocket()
      if (opened === undefined) continue
      const { webSocket } = opened
      webSocket.on('message', () => {}).send('{"type":"connection_init"}')
      for (let id = 0; id < 100; id++) {
        const name = `a${connection}_${id}`
        const query = `subscription { latestEnergy(plantId: ${FIRST_SIMULATED_PLANT}) { ${name}: soc plant { name sources { name } } } }`
        webSocket.send(JSON.stringify({ type: 'subscribe', id: name, payload: { query } }))
      }
    }
    await over(signal)
  },

  '60 answers of 12 MB that nobody reads': async (url, signal) => {
    const { write, head } = openSockets(url, 1, signal)
    const fields = Array.from({ length: 40 }, (_, index) => `${'a'.repeat(290)}${index}: soc`)
    const body = bodyOf(`{ telemetry(first: 1000) { nodes { ${fields.join(' ')} } } }`)
    for (let count = 0; count < 60; count++) write(head(body.length) + body)
    await over(signal)
  },

  '1000 connections of 16 unread pages or metrics each': async (url, signal) => {
    const { write, get } = openSockets(url, 1, signal)
    const requests = [get('/graphql', 'text/html').repeat(16), get('/metrics').repeat(16)]
    for (let count = 0; count < 1000 && !signal.aborted; count++) {
      write(requests[count % requests.length] ?? '')
      await sleep(1)
    }
    await over(signal)
  },

  '2000 event streams with variables of 256 KB': async (url, signal) => {
    const { openPlain, head } = openSockets(url, 1, signal)
    const body = bodyOf(subscribe, nestedObjects())
    const request = head(body.length, 'text/event-stream') + body
    let left = 2000
    const openStreams = async () => {
      while (left-- > 0 && !signal.aborted) {
        const socket = await openPlain()
        const answered = socket && Promise.race([once(socket, 'data'), once(socket, 'close')])
        socket?.write(request)
        await Promise.race([answered?.catch(() => {}), over(signal)])
      }
    }
    await Promise.all(Array.from({ length: 16 }, openStreams))
    await over(signal)
  },

  'all plain connections of one address, half of them idle': async (url, signal) => {
    const { openPlain } = openSockets(url, 1, signal, ELSEWHERE)
    let left = MOST_CONNECTIONS
    const openConnections = async () => {
      while (left-- > 0 && !signal.aborted) {
        const socket = await openPlain()
        if (socket === undefined) await sleep(1)
        else if (left % 2 === 0) void dribble(socket, signal)
      }
    }
    await Promise.all(Array.from({ length: 16 }, openConnections))
    await over(signal)
  },

  'subscriptions answered 406': flood(16, ({ post }) => {
    const body = bodyOf(subscribe)
    return () => post(body, 'application/json')
  }),

  'ids used again, then closed': flood(16, ({ openWebSocket }) => async () => {
    const opened = await openWebSocket()
    if (opened === undefined) return void (await sleep(100))
    const { webSocket, wire } = opened
    const closed = once(webSocket, 'close').catch(() => {})
    webSocket.send('{"type":"connection_init"}')
    await Promise.race([once(webSocket, 'message').catch(() => {}), closed])
    // In one write, so that the second is begun before the first is let go of.
    wire.cork()
    for (let id = 0; id < 10; id++) {
      const ask = `{"type":"subscribe","id":"${id}","payload":{"query":"${follow}"}}`
      for (const message of [ask, `{"type":"complete","id":"${id}"}`, ask]) webSocket.send(message)
    }
    wire.uncork()
    await sleep(BEGUN_MS)
    webSocket.close()
    await closed
  }),

  'a batch of 590,000 readings as a reader': repeated(3000, ({ post }) => {
    const readings = `[${'{"plantId":1},'.repeat(590_000)}{"plantId":1}]`
    const document =
      'mutation ($x: [TelemetryInput!]!) { recordTelemetry(readings: $x) { received } }'
    const body = bodyOf(document, readings)
    return () => post(body)
  }),

  '8 MB of brackets in an unused variable': repeated(3000, ({ post }) => {
    const body = bodyOf('{ plants { id } }', brackets(LARGEST))
    return () => post(body)
  }),

  '10 slow histories in one request': flood(
    1,
    ({ post }) =>
      (round) =>
        post(bodyOf(slowHistories(round))),
  ),

  'charts of five years in zones of odd minutes, 16 at a time': flood(
    16,
    ({ post }) =>
      (round) =>
        post(bodyOf(`{ ${oddChart(round)} }`)),
  ),

  '9000 pages by nested fields': repeated(5000, ({ post }) => {
    const body = bodyOf(manyPages)
    return () => post(body)
  }),

  'introspection by aliases': flood(4, ({ post }) => {
    const body = bodyOf(introspection)
    return () => post(body)
  }),

  'the dearest operations, 16 at a time': flood(16, ({ post }) => (round) => {
    const documents = [
      `{ telemetry(first: 1000) { nodes { ${numbers.join(' ')} } edges { cursor node { ${numbers.join(' ')} } } } }`,
      slowHistory(round),
      `{ ${chart(round)} }`,
      `{ energy(plantId: ${plant(round)}, from: "${day(80)}", to: "${day(1)}", period: HOUR) { start energy { ${kilowattHours} } } }`,
      manyPages,
      `{ ${Array.from({ length: 50 }, (_, index) => `a${index}: schemaStatus { tables { columns { name } indexes { definition } } }`).join(' ')} }`,
      `{ ${Array.from({ length: 100 }, (_, index) => `a${index}: health { checks { detail } }`).join(' ')} }`,
    ]
    return post(bodyOf(documents[round % documents.length] ?? ''))
  }),

  'invalid documents of 2000 tokens': flood(
    8,
    ({ post }) =>
      (round) =>
        post(bodyOf(`{ x${round}: plants { ${'id '.repeat(1985)} nothing${round} } }`)),
  ),
}

const manyPages = `{ telemetry(first: 1000) { nodes { plant { ${Array.from({ length: 9 }, (_, index) => `a${index}: telemetry(first: 1) { nodes { id } }`).join(' ')} } } } }`

const introspection = `{ ${Array.from({ length: 100 }, (_, index) => `a${index}: __schema { ...F }`).join(' ')} }
fragment F on __Schema { types { ...T inputFields { ...V } enumValues { name description } fields { name description args { ...V } type { ...T ofType { ...T ofType { ...T } } } } } }
fragment T on __Type { kind name description }
fragment V on __InputValue { name description defaultValue type { kind name ofType { kind name } } }`

/** 27 days by twenty minutes, which are made of readings; others each time, so that no answer is given again. */
function historyField(round: number): string {
  const to = Date.now() - (round % 300) * DAY_MS
  const from = to - 27 * DAY_MS
  return `history(plantId: ${plant(round)}, from: "${instant(from)}", to: "${instant(to)}", bucket: "PT20M") { points { pvPower { avg } } }`
}

function slowHistories(round: number): string {
  const fields = Array.from(
    { length: 10 },
    (_, index) => `a${index}: ${historyField(round * 10 + index)}`,
  )
  return `{ ${fields.join(' ')} }`
}

function slowHistory(round: number): string {
  return `{ ${historyField(round)} }`
}

/** As many points as there may be, with what is dear in them. */
function chart(round: number): string {
  const to = Date.now() - (round % 300) * DAY_MS
  const from = to - 20 * DAY_MS
  const ranges = quantities.map((quantity) => `${quantity} { avg min max }`)
  return `history(plantId: ${plant(round)}, from: "${instant(from)}", to: "${instant(to)}", bucket: "PT15M") { points { start ${ranges.join(' ')} } }`
}

/** Before a zone had an offset of whole minutes, so that each day cuts a quarter of an hour of UTC. */
function oddChart(round: number): string {
  const [zone, year] = round % 2 === 0 ? ['Africa/Monrovia', 1966] : ['America/St_Johns', 1929]
  const from = Date.UTC(year, 0, 1) + (round % 300) * DAY_MS
  const to = from + 5 * 365 * DAY_MS
  return `history(plantId: ${plant(round)}, from: "${instant(from)}", to: "${instant(to)}", bucket: "P1D", timeZone: "${zone}") { points { pvPower { avg } } }`
}

function plant(round: number): number {
  return 1 + (round % PLANTS)
}

function instant(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}

function day(ago: number): string {
  return instant(Date.now() - ago * DAY_MS).slice(0, 10)
}

function brackets(length: number): string {
  const depth = Math.floor(length / 2)
  return '['.repeat(depth) + ']'.repeat(depth)
}

/** As JSON: lists within lists, as deep and as many as a reader may send. */
function nestedLists(): string {
  const count = Math.floor(MOST_VALUES / (DEEPEST + 1))
  const text = 'x'.repeat(LARGEST_TO_READ / count - 2 * DEEPEST - 10)
  const one = `${'['.repeat(DEEPEST - 1)}"${text}"${']'.repeat(DEEPEST - 1)}`
  return `[${Array(count).fill(one).join()}]`
}

/** As JSON: as many objects as a reader may send. */
function nestedObjects(): string {
  const count = MOST_VALUES / 2
  return `[${Array(count)
    .fill(`{"a":"${'x'.repeat(LARGEST_TO_READ / count - 12)}"}`)
    .join()}]`
}

/** `x` is JSON for the variable of that name. */
function bodyOf(query: string, x?: string): string {
  return x === undefined
    ? JSON.stringify({ query })
    : `{"query":${JSON.stringify(query)},"variables":{"x":${x}}}`
}

/** Messages on so many WebSockets, as fast as they are read, with numbers for their ids. */
function onWebSockets(connections: number, message: (id: number) => string): Attack {
  return flood(connections, ({ openWebSocket }) => {
    const frames = Array.from({ length: 3000 }, (_, id) => frameOf(message(id)))
    const all = Buffer.concat(frames)
    return async () => {
      const opened = await openWebSocket()
      if (opened === undefined) return void (await sleep(100))
      opened.webSocket.send('{"type":"connection_init"}')
      const closed = once(opened.webSocket, 'close').catch(() => {})
      await Promise.race([once(opened.webSocket, 'message').catch(() => {}), closed])
      await keepWriting(opened.wire, all)
    }
  })
}

/** Of a client, with a mask of zeros: a text of up to 125 bytes. */
function frameOf(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)])
}

/** The same again and again, on so many connections, each as soon as it is answered. */
function flood(
  connections: number,
  prepare: (sockets: Sockets) => (round: number) => Promise<void>,
): Attack {
  return async (url, signal) => {
    const act = prepare(openSockets(url, connections, signal))
    let round = 0
    const work = async () => {
      while (!signal.aborted) {
        await act(round++)
        await sleep(1) // Where the server is gone, the attacker does not spin.
      }
    }
    await Promise.race([Promise.all(Array.from({ length: connections }, work)), over(signal)])
  }
}

/** Once in so many milliseconds, answered or not. */
function repeated(everyMs: number, prepare: (sockets: Sockets) => () => Promise<void>): Attack {
  return async (url, signal) => {
    const act = prepare(openSockets(url, 16, signal))
    while (!signal.aborted) {
      void act()
      await sleep(everyMs, undefined, { signal }).catch(() => {})
    }
  }
}

/** Begins a request, and goes on with a byte every few seconds. */
async function dribble(socket: Socket, signal: AbortSignal): Promise<void> {
  socket.write('GET /livez HTTP/1.1\r\nX: ')
  while (!signal.aborted && !socket.destroyed) {
    await sleep(5000, undefined, { signal }).catch(() => {})
    socket.write('x')
  }
}

async function over(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
}
