import { z } from 'zod'

/** Where traces go, and which. Its variables are those of OpenTelemetry: opentelemetry.io/docs/specs/otel/configuration. */
export interface TracingConfig {
  readonly exporter:
    | { readonly kind: 'console' }
    | {
        readonly kind: 'otlp'
        /** Where spans are sent by OTLP over HTTP. */
        readonly url: string
        /** They may hold a secret. */
        readonly headers: Readonly<Record<string, string>>
        /** Milliseconds that a collector may take to answer. */
        readonly timeout: number
      }
  readonly serviceName: string
  readonly resourceAttributes: Readonly<Record<string, string>>
  readonly sampler: {
    /** Whether a request that belongs to a trace already is traced if that trace is. */
    readonly followsParent: boolean
    /** The share of the other traces that is kept, from 0 to 1. */
    readonly ratio: number
  }
  /** Milliseconds for which spans are collected before they are sent. */
  readonly scheduleDelay: number
}

/** Pairs such as `a=1,b=two%20words`. */
const pairs = z.string().transform((text, context) => {
  const entries: [string, string][] = []
  for (const pair of text.split(',')) {
    if (pair.trim() === '') continue
    const [, name = '', value = ''] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? []
    try {
      if (name === '') throw new URIError(pair)
      entries.push([name, decodeURIComponent(value)])
    } catch {
      context.addIssue({
        code: 'custom',
        message: 'expected pairs such as name=value, separated by commas, with %20 for a space',
      })
      return z.NEVER
    }
  }
  return Object.fromEntries(entries)
})

const url = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
    error: 'expected an address such as http://collector:4318',
  })
  .refine((text) => !URL.canParse(text) || new URL(text).username === '', {
    error: 'expected no user in the address: OTEL_EXPORTER_OTLP_HEADERS is for what is secret',
  })

const protocol = z.enum(['http/protobuf'], {
  error: 'expected http/protobuf, the only protocol that traces are sent by',
})

const wholeMilliseconds = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, { error: 'expected whole milliseconds above zero, such as 10000' })
  .transform(Number)

const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const

const ratio = z
  .string()
  .refine((text) => /^\d*\.?\d+$/.test(text) && Number(text) <= 1, {
    error: 'expected a share from 0 to 1, such as 0.1',
  })
  .transform(Number)

export const tracingVariables = {
  OTEL_SDK_DISABLED: z
    .string()
    .transform((text) => text.toLowerCase() === 'true')
    .default(false),
  OTEL_TRACES_EXPORTER: z
    .enum(['otlp', 'console', 'none'], { error: 'expected otlp, console or none' })
    .optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: url.optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url.optional(),
  OTEL_EXPORTER_OTLP_PROTOCOL: protocol.optional(),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: protocol.optional(),
  OTEL_EXPORTER_OTLP_HEADERS: pairs.default({}),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: pairs.default({}),
  OTEL_EXPORTER_OTLP_TIMEOUT: wholeMilliseconds.default(10_000),
  OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: wholeMilliseconds.optional(),
  OTEL_SERVICE_NAME: z.string().optional(),
  OTEL_RESOURCE_ATTRIBUTES: pairs.default({}),
  OTEL_TRACES_SAMPLER: z
    .enum(samplers, { error: `expected one of ${samplers.join(', ')}` })
    .default('parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: ratio.default(1),
  OTEL_BSP_SCHEDULE_DELAY: wholeMilliseconds.default(5000),
}

const TracingVariables = z.object(tracingVariables)

/** Returns undefined if nothing is traced: no collector is named, or tracing is turned off. */
export function tracingConfigOf(
  values: z.output<typeof TracingVariables>,
): TracingConfig | undefined {
  const endpoint = endpointIn(values)
  const kind = values.OTEL_TRACES_EXPORTER ?? (endpoint === undefined ? 'none' : 'otlp')
  if (values.OTEL_SDK_DISABLED || kind === 'none') return undefined
  const attributes = values.OTEL_RESOURCE_ATTRIBUTES
  return Object.freeze({
    exporter:
      kind === 'console'
        ? { kind }
        : {
            kind,
            url: endpoint ?? 'http://localhost:4318/v1/traces',
            headers: {
              ...values.OTEL_EXPORTER_OTLP_HEADERS,
              ...values.OTEL_EXPORTER_OTLP_TRACES_HEADERS,
            },
            timeout: values.OTEL_EXPORTER_OTLP_TRACES_TIMEOUT ?? values.OTEL_EXPORTER_OTLP_TIMEOUT,
          },
    serviceName: values.OTEL_SERVICE_NAME ?? attributes['service.name'] ?? 'heliograph',
    resourceAttributes: attributes,
    sampler: samplerOf(values.OTEL_TRACES_SAMPLER, values.OTEL_TRACES_SAMPLER_ARG),
    scheduleDelay: values.OTEL_BSP_SCHEDULE_DELAY,
  })
}

/** The address for traces stands for itself; the one for all signals gets their path. */
function endpointIn(values: z.output<typeof TracingVariables>): string | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own } = values
  return own ?? (base === undefined ? undefined : `${base.replace(/\/$/, '')}/v1/traces`)
}

function samplerOf(
  name: (typeof samplers)[number],
  share: number,
): { followsParent: boolean; ratio: number } {
  const ratio = name.endsWith('always_on') ? 1 : name.endsWith('always_off') ? 0 : share
  return { followsParent: name.startsWith('parentbased'), ratio }
}
