import { Fault } from '../fault.ts'
import type { Logger } from '../log.ts'
import type { Tracer } from './tracer.ts'
import type { TracingConfig } from './tracing-config.ts'

/**
 * Loads OpenTelemetry and starts to trace. Disposing it sends what was collected, for up to two seconds. Throws
 * `CONFIGURATION_INVALID` if the packages, which are optional, are not installed.
 */
export async function openTracer(
  config: TracingConfig,
  log: Logger,
): Promise<Tracer & AsyncDisposable> {
  try {
    const { openTelemetry } = await import('./open-telemetry.ts')
    return openTelemetry(config, log)
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND')) {
      throw cause
    }
    throw new Fault(
      'CONFIGURATION_INVALID',
      'Traces need the packages of OpenTelemetry, which are optional and not installed: install Heliograph with --include=optional, or set OTEL_TRACES_EXPORTER=none',
      { cause },
    )
  }
}
