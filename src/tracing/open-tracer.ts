import type { Logger } from '../log.ts'
import type { Tracer } from './tracer.ts'
import type { TracingConfig } from './tracing-config.ts'

/** Loads OpenTelemetry and starts to trace. Disposing it sends what was collected, for up to two seconds. */
export async function openTracer(
  config: TracingConfig,
  log: Logger,
): Promise<Tracer & AsyncDisposable> {
  const { openTelemetry } = await import('./open-telemetry.ts')
  return openTelemetry(config, log)
}
