import { expect, test } from 'vitest'
import { parseConfig } from '../../src/config.ts'

const collector = 'http://collector:4318'

test('nothing is traced unless a collector is named, or an exporter, and it is not turned off', () => {
  const off: Record<string, string>[] = [
    {},
    { OTEL_SERVICE_NAME: 'roof' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: collector, OTEL_SDK_DISABLED: 'True' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: collector, OTEL_TRACES_EXPORTER: 'none' },
  ]
  for (const environment of off) expect(parseConfig(environment).tracing).toBeUndefined()
  expect(parseConfig({ OTEL_TRACES_EXPORTER: 'console' }).tracing?.exporter.kind).toBe('console')
})

test.each([
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: collector }, 'http://collector:4318/v1/traces'],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: `${collector}/otlp/` }, 'http://collector:4318/otlp/v1/traces'],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector}/here` }, 'http://collector:4318/here'],
  [{ OTEL_TRACES_EXPORTER: 'otlp' }, 'http://localhost:4318/v1/traces'],
])('spans of %o go to %s', (environment, url) => {
  expect(parseConfig(environment).tracing?.exporter).toMatchObject({ kind: 'otlp', url })
})

test.each([
  ['always_on', undefined, { followsParent: false, ratio: 1 }],
  ['parentbased_always_off', '0.5', { followsParent: true, ratio: 0 }],
  ['parentbased_traceidratio', '0.25', { followsParent: true, ratio: 0.25 }],
])('the sampler %s with %s', (name, share, sampler) => {
  const environment = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector,
    OTEL_TRACES_SAMPLER: name,
    OTEL_TRACES_SAMPLER_ARG: share,
  }
  expect(parseConfig(environment).tracing?.sampler).toEqual(sampler)
})

test('every fault of the variables is told at once, and no secret', () => {
  const read = () =>
    parseConfig({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://me:hunter2@collector:4318',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_HEADERS: 'hunter2',
      OTEL_TRACES_SAMPLER: 'sometimes',
      OTEL_TRACES_SAMPLER_ARG: '1.5',
    })
  expect(read).toThrow(/_ENDPOINT: expected no user/)
  expect(read).toThrow(/_PROTOCOL: expected http\/protobuf.*, got grpc/)
  expect(read).toThrow(/_HEADERS: expected pairs such as name=value/)
  expect(read).toThrow(/_SAMPLER: expected one of always_on, .*, got sometimes/)
  expect(read).toThrow(/_SAMPLER_ARG: expected a share from 0 to 1/)
  expect(read).not.toThrow(/hunter2/)
})
