import { AsyncLocalStorage } from 'node:async_hooks'
import type { IncomingHttpHeaders } from 'node:http'
import { defaultTextMapGetter, ROOT_CONTEXT } from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  ConsoleSpanExporter,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { Logger } from '../log.ts'
import { withTimeout } from '../timeout.ts'
import { version } from '../version.ts'
import { createOtlpExporter } from './otlp-exporter.ts'
import type { Tracer } from './tracer.ts'
import type { TracingConfig } from './tracing-config.ts'
import { WorkUnderWay } from './work-under-way.ts'

/** How long the last spans may take when the server stops. */
const FLUSH_MS = 2000

/**
 * Traces by OpenTelemetry's SDK. Imported only where traces are on, because it and what it imports here load the
 * packages.
 */
export function openTelemetry(config: TracingConfig, log: Logger): Tracer & AsyncDisposable {
  const exporter = exporterOf(config, log)
  const provider = new TracerProvider({
    resource: defaultResource().merge(
      resourceFromAttributes({
        'service.version': version,
        ...config.resourceAttributes,
        'service.name': config.serviceName,
      }),
    ),
    sampler: samplerOf(config.sampler),
    spanProcessors: [
      new BatchSpanProcessor({ exporter, scheduledDelayMillis: config.scheduleDelay }),
    ],
  })
  const telemetry = provider.getTracer('heliograph', version)
  const propagator = new W3CTraceContextPropagator()
  const underWay = new AsyncLocalStorage<WorkUnderWay>()

  return {
    begin: (work, headers, run) => {
      const above = propagator.extract(ROOT_CONTEXT, headers, headerGetter)
      const begun = new WorkUnderWay(telemetry, work, { context: above })
      begun.start()
      return underWay.run(begun, () => begun.run(() => run(begun)))
    },
    beginIfAny: (work, since, run) => {
      const begun = new WorkUnderWay(telemetry, work, { context: ROOT_CONTEXT, since })
      return underWay.run(begun, () => begun.run(run))
    },
    within: (work, run) => {
      const above = underWay.getStore()
      if (above === undefined || above.isOver) return run(undefined)
      const begun = new WorkUnderWay(telemetry, work, { context: above.start(), above })
      begun.start()
      return underWay.run(begun, () => begun.run(() => run(begun)))
    },
    addStatement: (statement) => underWay.getStore()?.addStatement(statement),
    [Symbol.asyncDispose]: async () => {
      const flush = async () => {
        await provider.forceFlush().catch(() => {})
        await exporter.forceFlush?.()
      }
      await withTimeout(flush(), FLUSH_MS, () =>
        log.warn('The collector of traces does not take the last ones in time'),
      )
      await exporter.shutdown()
      await provider.shutdown().catch(() => {})
    },
  }
}

function exporterOf({ exporter }: TracingConfig, log: Logger): SpanExporter {
  if (exporter.kind === 'console') return new ConsoleSpanExporter()
  const { host } = new URL(exporter.url)
  return createOtlpExporter({
    ...exporter,
    onTurn: (reason) =>
      reason === undefined
        ? log.info({ collector: host }, 'The collector takes traces again')
        : log.warn(
            { collector: host, reason },
            'The collector does not take traces: they are dropped until it does',
          ),
  })
}

function samplerOf({ followsParent, ratio }: TracingConfig['sampler']): Sampler {
  const root = new TraceIdRatioBasedSampler(ratio)
  return followsParent ? new ParentBasedSampler({ root }) : root
}

/** Node gives a header that came twice as a list. */
const headerGetter = {
  get: (headers: IncomingHttpHeaders, name: string) => defaultTextMapGetter.get(headers, name),
  keys: (headers: IncomingHttpHeaders) => Object.keys(headers),
}
