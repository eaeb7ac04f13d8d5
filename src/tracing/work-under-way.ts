import {
  type Context,
  type Span as SentSpan,
  SpanKind,
  SpanStatusCode,
  type Tracer as Telemetry,
  trace,
} from '@opentelemetry/api'
import { Fault } from '../fault.ts'
import type { Attributes, OpenSpan, SpanStart, Statement } from './tracer.ts'

/**
 * Work while it is under way, and its span. It has none until it is started: work that is kept only if there is other
 * work within it is started by that, and until then its statements wait. It ends with what it runs, at the end of the
 * turn in which that ended: whoever waited for it has then gone on, such as to send an event. If it waits for the work
 * within it, it ends with the last of that.
 */
export class WorkUnderWay implements OpenSpan {
  readonly #telemetry: Telemetry
  readonly #work: SpanStart
  readonly #contextAbove: Context
  /** What waits for it. */
  #above: WorkUnderWay | undefined
  /** What is added to `performance.now()` for the time: one for a trace, whatever happens to the clock meanwhile. */
  readonly #origin: number
  readonly #since: number
  readonly #waits: boolean
  #span: SentSpan | undefined
  #context: Context | undefined
  #waiting: { statement: Statement; at: number }[] = []
  /** Itself, and the work within it that it waits for. */
  #running = 1

  constructor(
    telemetry: Telemetry,
    work: SpanStart,
    from: { context: Context; above?: WorkUnderWay; since?: number },
  ) {
    this.#telemetry = telemetry
    this.#work = work
    this.#contextAbove = from.context
    const { above } = from
    if (above?.hold()) this.#above = above
    this.#origin = above === undefined ? Date.now() - performance.now() : above.#origin
    this.#since = from.since ?? performance.now()
    this.#waits = from.since !== undefined
  }

  get isOver(): boolean {
    return this.#running === 0
  }

  /** Makes its span, unless there is one. Returns the context of what is within it. */
  start(): Context {
    if (this.#context !== undefined) return this.#context
    const { name, kind = 'internal', attributes = {} } = this.#work
    const span = this.#telemetry.startSpan(
      name,
      {
        kind: kind === 'server' ? SpanKind.SERVER : SpanKind.INTERNAL,
        startTime: this.#origin + this.#since,
        attributes,
      },
      this.#contextAbove,
    )
    this.#span = span
    this.#context = trace.setSpan(this.#contextAbove, span)
    for (const { statement, at } of this.#waiting.splice(0)) this.#send(statement, at, span)
    return this.#context
  }

  run<Result>(run: () => Result): Result {
    const end = () => queueMicrotask(() => this.#release())
    try {
      const result = run()
      if (!(result instanceof Promise)) {
        end()
        return result
      }
      result.then(end, (error: unknown) => {
        this.fail(codeOf(error))
        end()
      })
      return result
    } catch (error) {
      this.fail(codeOf(error))
      end()
      throw error
    }
  }

  /** Has it wait for one more, if it waits for the work within it. */
  hold(): boolean {
    if (this.#waits) this.#running++
    return this.#waits
  }

  #release(): void {
    this.#running--
    if (this.#running > 0) return
    this.#waiting = []
    this.#span?.end(this.#origin + performance.now())
    if (this.#above !== undefined) this.#above.#release()
  }

  rename(name: string): void {
    this.#span?.updateName(name)
  }

  add(attributes: Attributes): void {
    this.#span?.setAttributes(attributes)
  }

  fail(code: string): void {
    this.#span?.setStatus({ code: SpanStatusCode.ERROR })
    this.#span?.setAttribute('error.type', code)
  }

  addStatement(statement: Statement): void {
    if (this.isOver) return
    const at = performance.now()
    if (this.#span === undefined) this.#waiting.push({ statement, at })
    else this.#send(statement, at, this.#span)
  }

  /** As opentelemetry.io/docs/specs/semconv/database has it. */
  #send({ sql, durationMs, error }: Statement, at: number, within: SentSpan): void {
    if (this.#context === undefined || !within.isRecording()) return
    const operation = /^\s*(select|insert|update|delete|begin|commit|rollback)\b/i
      .exec(sql)?.[1]
      ?.toUpperCase()
    const span = this.#telemetry.startSpan(
      operation ?? 'postgresql',
      {
        kind: SpanKind.CLIENT,
        startTime: this.#origin + at - durationMs,
        attributes: {
          'db.system.name': 'postgresql',
          'db.query.text': sql,
          ...(operation === undefined ? {} : { 'db.operation.name': operation }),
        },
      },
      this.#context,
    )
    if (error !== undefined) {
      span.setStatus({ code: SpanStatusCode.ERROR })
      span.setAttribute('error.type', codeOf(error))
    }
    span.end(this.#origin + at)
  }
}

/** The code of an error of ours, of PostgreSQL or of Node. Its message may have values, which traces must not. */
function codeOf(error: unknown): string {
  if (error instanceof Fault) return error.code
  if (!(error instanceof Error)) return 'Error'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
