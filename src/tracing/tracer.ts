import type { IncomingHttpHeaders } from 'node:http'

export type Attributes = Readonly<Record<string, string | number>>

/** A piece of work of a trace while it is under way: an open span of OpenTelemetry. */
export interface OpenSpan {
  rename(name: string): void
  add(attributes: Attributes): void
  /** Marks it as failed. The code is bounded and no secret: that of a fault, or of PostgreSQL. */
  fail(code: string): void
}

export interface SpanStart {
  /** Bounded: one of a few words, which traces are grouped by. */
  readonly name: string
  /** A server answers somebody; that is the default of a trace that others may have begun. */
  readonly kind?: 'server' | 'internal'
  readonly attributes?: Attributes
}

/** A statement that has run. */
export interface Statement {
  /** With placeholders for its parameters. */
  readonly sql: string
  readonly durationMs: number
  /** undefined: it succeeded. */
  readonly error?: unknown
}

/**
 * What is told of the work of the server, to follow one request or reading through it. Without tracing there is none,
 * and nothing of OpenTelemetry is loaded.
 */
export interface Tracer {
  /** Runs work that begins a trace, or continues the one of the headers (w3.org/TR/trace-context). */
  begin<Result>(
    work: SpanStart,
    headers: IncomingHttpHeaders,
    run: (span: OpenSpan) => Result,
  ): Result
  /**
   * Runs work that begins a trace if other work is done within it, and is forgotten otherwise. It began at `since`, by
   * `performance.now()`, and ends when the other work has ended.
   */
  beginIfAny<Result>(work: SpanStart, since: number, run: () => Result): Result
  /** Runs work within the work that is under way around it; if there is none, it is not traced. */
  within<Result>(work: SpanStart, run: (span: OpenSpan | undefined) => Result): Result
  /** Adds a statement to the work that is under way around it; if there is none, it is not traced. */
  addStatement(statement: Statement): void
}
