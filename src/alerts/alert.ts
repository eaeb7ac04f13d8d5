import type { Instant } from '../database/instant.ts'

/** What an alert is about. Receivers match on these names, so they never change. */
export type AlertKind =
  | 'SOURCE_SILENT'
  | 'CHECK_FAILING'
  | 'STORAGE_LIMIT'
  | 'DISK_FULL_SOON'
  | 'SLOW_QUERY'

/** Something that is wrong now. Its kind and subject tell it from all others. */
export interface Condition {
  kind: AlertKind
  /** Such as the name of a source or a check. */
  subject: string
  detail: string
}

/** An alert that was reported, and is not over. */
export interface RaisedAlert extends Condition {
  /** When it was first found wrong. */
  since: Instant
}

/** What a receiver gets: an alert began, or is over. */
export interface AlertMessage extends RaisedAlert {
  /** A UUID. A message that is sent twice, because its receipt was lost, has the same. */
  id: string
  event: 'RAISED' | 'RESOLVED'
  /** When it was found to have begun, or to be over. */
  at: Instant
}

/** Says an alert to a person, such as `SOURCE_SILENT roof: no reading since …`. */
export function describeAlert({ event, kind, subject, detail }: AlertMessage): string {
  return `${event === 'RESOLVED' ? 'Over: ' : ''}${kind} ${subject}: ${detail}`
}
