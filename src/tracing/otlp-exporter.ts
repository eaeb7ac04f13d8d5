import { type ExportResult, ExportResultCode } from '@opentelemetry/core'
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import type { SpanExporter } from '@opentelemetry/sdk-trace'

export interface OtlpExporterOptions {
  url: string
  headers: Readonly<Record<string, string>>
  /** Milliseconds that the collector may take to answer. */
  timeout: number
  /** Called with why spans were not taken, and with undefined when they are again; not each time. */
  onTurn: (reason: string | undefined) => void
}

/**
 * Sends spans to a collector by OTLP over HTTP, as protobuf: opentelemetry.io/docs/specs/otlp. Spans that it does not
 * take are dropped. Shutting it down gives up what is under way, so that no collector holds up the end of the program.
 */
export function createOtlpExporter(options: OtlpExporterOptions): SpanExporter {
  const { url, headers, timeout, onTurn } = options
  const closing = new AbortController()
  const underWay = new Set<Promise<void>>()
  let wasTaken = true

  /** Returns why the collector did not take it. */
  const post = async (body: Uint8Array<ArrayBuffer>): Promise<string | undefined> => {
    const limit = AbortSignal.timeout(timeout)
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/x-protobuf' },
        body,
        redirect: 'manual',
        signal: AbortSignal.any([closing.signal, limit]),
      })
      await response.body?.cancel()
      return response.ok ? undefined : `expected a status from 200 to 299, got ${response.status}`
    } catch (error) {
      return limit.aborted ? `expected an answer within ${timeout} ms, got none` : reasonOf(error)
    }
  }

  const send = async (body: Uint8Array | undefined): Promise<ExportResult> => {
    const reason =
      body === undefined ? 'the spans could not be written' : await post(new Uint8Array(body))
    if (!closing.signal.aborted && (reason === undefined) !== wasTaken) {
      wasTaken = reason === undefined
      onTurn(reason)
    }
    return reason === undefined
      ? { code: ExportResultCode.SUCCESS }
      : { code: ExportResultCode.FAILED, error: new Error(reason) }
  }

  return {
    export: (spans, done) => {
      const sending = send(ProtobufTraceSerializer.serializeRequest(spans)).then(done)
      underWay.add(sending)
      sending.finally(() => underWay.delete(sending))
    },
    forceFlush: async () => {
      await Promise.all(underWay)
    },
    shutdown: async () => {
      closing.abort()
      await Promise.all(underWay)
    },
  }
}

/** The code of a socket or TLS error, such as ECONNREFUSED; its message may have the address, and that a secret. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'the connection failed'
  if ('code' in error && typeof error.code === 'string') return error.code
  return reasonOf(error instanceof AggregateError ? error.errors[0] : error.cause)
}
