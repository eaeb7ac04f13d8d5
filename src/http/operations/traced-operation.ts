import type { IncomingHttpHeaders } from 'node:http'
import type { OperationTypeNode } from 'graphql'
import type { OpenSpan, Tracer } from '../../tracing/tracer.ts'

/** Runs an operation, from its request to its answer, in a span if there is a tracer. */
export type TraceOperation = <Result>(
  headers: IncomingHttpHeaders,
  run: (span: OpenSpan | undefined) => Promise<Result>,
) => Promise<Result>

/** Names and attributes are those of opentelemetry.io/docs/specs/semconv/graphql. */
export function createTraceOperation(tracer: Tracer | undefined): TraceOperation {
  if (tracer === undefined) return (_, run) => run(undefined)
  return (headers, run) => tracer.begin({ name: 'GraphQL Operation', kind: 'server' }, headers, run)
}

/** Says what operation it is. Never its variables, nor its text, which may have values, too. */
export function describeOperation(
  span: OpenSpan,
  type: OperationTypeNode,
  name: string | undefined,
): void {
  span.rename(type)
  span.add({
    'graphql.operation.type': type,
    ...(name === undefined ? {} : { 'graphql.operation.name': name.slice(0, 100) }),
  })
}

/** Says how it ended: `OK`, or the code of its first error. A reused answer is one to an equal query before. */
export function describeOutcome(
  span: OpenSpan,
  { code, reusedFor }: { code: string; reusedFor: { name: string | undefined } | undefined },
): void {
  if (code !== 'OK') span.fail(code)
  if (reusedFor === undefined) return
  describeOperation(span, 'query', reusedFor.name)
  span.add({ 'heliograph.answer': 'reused' })
}
