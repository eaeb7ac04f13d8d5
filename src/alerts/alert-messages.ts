import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { AlertMessage } from './alert.ts'

/** A message that this server sends now. */
export interface ClaimedMessage extends AlertMessage {
  number: number
  /** This one included. */
  attempts: number
}

/** No other server sends a claimed message for so long; a server that dies while it sends leaves it to the others. */
const CLAIMED = sql`interval '30 seconds'`
/** A message that nobody took for so long is dropped, so that the table does not grow for ever. */
const GIVEN_UP = sql`interval '7 days'`
const FIRST_PAUSE_MS = 5000
const LONGEST_PAUSE_MS = 5 * 60_000

/**
 * Claims the oldest message, so that the receiver gets them in order. Returns undefined if there is none, another
 * server sends it, or it waits for its next attempt.
 */
export async function claimMessage(kysely: Kysely<Schema>): Promise<ClaimedMessage | undefined> {
  const { rows } = await sql<ClaimedMessage>`
    update solark.alert_message set attempts = attempts + 1, due_at = clock_timestamp() + ${CLAIMED}
    where id = (select min(id) from solark.alert_message) and due_at <= clock_timestamp()
    returning id as number, message as id, event, kind, subject, detail, since, noted_at as at, attempts`.execute(
    kysely,
  )
  return rows[0]
}

export async function removeMessage(
  kysely: Kysely<Schema>,
  { number }: ClaimedMessage,
): Promise<void> {
  await sql`delete from solark.alert_message where id = ${number}`.execute(kysely)
}

/** Lets the message wait: 5 s after the first attempt, then twice as long each time, up to 5 minutes. */
export async function postponeMessage(
  kysely: Kysely<Schema>,
  { number, attempts }: ClaimedMessage,
): Promise<void> {
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(attempts - 1, 10), LONGEST_PAUSE_MS)
  await sql`
    update solark.alert_message set due_at = clock_timestamp() + ${pause} * interval '1 millisecond'
    where id = ${number}`.execute(kysely)
}

/** Drops messages that nobody took for a week; returns how many. */
export async function giveUpMessages(kysely: Kysely<Schema>): Promise<number> {
  const { rows } = await sql`
    delete from solark.alert_message where noted_at < now() - ${GIVEN_UP} returning id`.execute(
    kysely,
  )
  return rows.length
}
