import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** A span as the collector took it. */
export interface TakenSpan {
  readonly traceId: string
  readonly spanId: string
  /** Empty: it begins its trace, as far as this server knows. */
  readonly parentId: string
  readonly name: string
  /** 1: internal, 2: of a server, 3: of a client. */
  readonly kind: number
  /** Nanoseconds since 1970. */
  readonly start: bigint
  readonly end: bigint
  readonly attributes: Readonly<Record<string, string | bigint>>
  readonly failed: boolean
}

/** A collector of OTLP over HTTP, on a port of its own. */
export interface Collector extends AsyncDisposable {
  readonly url: string
  readonly spans: readonly TakenSpan[]
  /** The attributes of who sent the last ones. */
  readonly resource: Readonly<Record<string, string | bigint>>
  /** The path and the headers of the last request. */
  readonly request: { path: string | undefined; headers: IncomingHttpHeaders } | undefined
  /** All that was sent, as it was. */
  readonly bytes: Buffer
  /** How many requests came. */
  readonly requests: number
  /** The status of its answers; undefined: it gives none. */
  status: number | undefined
  /** The spans within this one. */
  within(span: TakenSpan): TakenSpan[]
}

export async function openCollector(): Promise<Collector> {
  const bodies: Buffer[] = []
  const spans: TakenSpan[] = []
  let resource: Collector['resource'] = {}
  let request: Collector['request']
  let requests = 0
  const server = createServer(async (incoming, response) => {
    requests++
    request = { path: incoming.url, headers: incoming.headers }
    const body = await buffer(incoming)
    if (collector.status === undefined) return
    if (collector.status === 200) {
      bodies.push(body)
      for (const resourceSpans of messages(body, 1)) {
        resource = attributesIn(message(resourceSpans, 1), 1)
        for (const scope of messages(resourceSpans, 2))
          spans.push(...messages(scope, 2).map(spanIn))
      }
    }
    response.writeHead(collector.status, { 'content-type': 'application/x-protobuf' }).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const collector: Collector = {
    url: `http://127.0.0.1:${port}`,
    spans,
    get resource() {
      return resource
    },
    get request() {
      return request
    },
    get bytes() {
      return Buffer.concat(bodies)
    },
    get requests() {
      return requests
    },
    status: 200,
    within: ({ traceId, spanId }) =>
      spans.filter((span) => span.traceId === traceId && span.parentId === spanId),
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
  return collector
}

/** The field numbers are those of opentelemetry/proto/trace/v1/trace.proto. */
function spanIn(bytes: Buffer): TakenSpan {
  return {
    traceId: message(bytes, 1).toString('hex'),
    spanId: message(bytes, 2).toString('hex'),
    parentId: message(bytes, 4).toString('hex'),
    name: message(bytes, 5).toString(),
    kind: Number(numberIn(bytes, 6)),
    start: numberIn(bytes, 7),
    end: numberIn(bytes, 8),
    attributes: attributesIn(bytes, 9),
    failed: numberIn(message(bytes, 15), 3) === 2n,
  }
}

/** Of texts and whole numbers. */
function attributesIn(bytes: Buffer, field: number): Record<string, string | bigint> {
  return Object.fromEntries(
    messages(bytes, field).map((pair) => {
      const value = message(pair, 2)
      const number = fieldsOf(value).find((each) => each.field === 3)?.value
      return [
        message(pair, 1).toString(),
        typeof number === 'bigint' ? number : message(value, 1).toString(),
      ]
    }),
  )
}

function messages(bytes: Buffer, field: number): Buffer[] {
  return fieldsOf(bytes).flatMap((each) =>
    each.field === field && Buffer.isBuffer(each.value) ? [each.value] : [],
  )
}

function message(bytes: Buffer, field: number): Buffer {
  return messages(bytes, field)[0] ?? Buffer.alloc(0)
}

function numberIn(bytes: Buffer, field: number): bigint {
  const value = fieldsOf(bytes).find((each) => each.field === field)?.value
  return typeof value === 'bigint' ? value : 0n
}

/** The fields of a message: protobuf.dev/programming-guides/encoding. */
function fieldsOf(bytes: Buffer): { field: number; value: bigint | Buffer }[] {
  const fields: { field: number; value: bigint | Buffer }[] = []
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++)
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  const take = (length: number): Buffer => {
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const field = tag >> 3
    switch (tag & 7) {
      case 0:
        fields.push({ field, value: varint() })
        break
      case 1:
        fields.push({ field, value: take(8).readBigUInt64LE() })
        break
      case 2:
        fields.push({ field, value: take(Number(varint())) })
        break
      case 5:
        fields.push({ field, value: BigInt(take(4).readUInt32LE()) })
        break
      default:
        throw new Error(`Expected a field of protobuf, got the tag ${tag}`)
    }
  }
  return fields
}
