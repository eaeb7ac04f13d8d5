import { abridge } from '../fault.ts'
import type { Condition } from './alert.ts'

/** Statements that took longer than a limit and are not reported yet. */
export interface SlowQueries {
  record(query: { sql: string; durationMs: number }): void
  /** Returns their conditions: of a few statements one each, of all others together one. */
  find(): Condition[]
  /** Forgets what `find` returned last. */
  forget(): void
}

/** The first so many statements within an hour have alerts of their own: each selection of `history` is a statement. */
const MOST_ALONE = 5
const HOUR_MS = 3_600_000
/** More are not counted. */
const MOST_STATEMENTS = 200
const SHOWN_CHARACTERS = 300

/** `limitMs` undefined: no query counts as slow. */
export function collectSlowQueries(limitMs: number | undefined): SlowQueries {
  /** Milliseconds by the text that is shown, which two statements may share. */
  const recorded = new Map<string, number>()
  const found = new Map<string, number>()
  /** When a statement with an alert of its own was last found. */
  const alone = new Map<string, number>()

  const condition = (subject: string, detail: string): Condition => ({
    kind: 'SLOW_QUERY',
    subject,
    detail: `${detail}, more than the ${(limitMs ?? 0) / 1000} s of SLOW_QUERY`,
  })
  /** Returns whether the statement gets an alert of its own, and keeps its place for an hour. */
  const admitAlone = (subject: string): boolean => {
    const now = performance.now()
    for (const [known, at] of alone) if (now - at > HOUR_MS) alone.delete(known)
    if (!alone.has(subject) && alone.size >= MOST_ALONE) return false
    alone.set(subject, now)
    return true
  }
  return {
    record: ({ sql, durationMs }) => {
      if (limitMs === undefined || durationMs <= limitMs) return
      keepSlowest(recorded, subjectOf(sql), durationMs)
    },
    find: () => {
      for (const [subject, durationMs] of recorded) keepSlowest(found, subject, durationMs)
      recorded.clear()
      const bySlowness = [...found].sort(([, one], [, other]) => other - one)
      const others = bySlowness.filter(([subject]) => !admitAlone(subject))
      const conditions = bySlowness
        .filter((query) => !others.includes(query))
        .map(([subject, durationMs]) => condition(subject, `took ${seconds(durationMs)}`))
      const [slowest] = others
      if (slowest === undefined) return conditions
      const count = `${others.length}${found.size >= MOST_STATEMENTS ? ' or more' : ''}`
      const detail = `${count} were slow; the slowest, ${slowest[0]}, took ${seconds(slowest[1])}`
      return [...conditions, condition('other statements', detail)]
    },
    forget: () => found.clear(),
  }
}

function keepSlowest(queries: Map<string, number>, subject: string, durationMs: number): void {
  const known = queries.get(subject)
  if (known === undefined && queries.size >= MOST_STATEMENTS) return
  queries.set(subject, Math.max(durationMs, known ?? 0))
}

function subjectOf(sql: string): string {
  return abridge(sql.replace(/\s+/g, ' ').trim(), SHOWN_CHARACTERS)
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`
}
