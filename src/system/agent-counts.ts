import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'

/** Of tables in the schemas agent and agent_metrics, which other programs own. */
export interface AgentCounts {
  totalConversations: number
  conversationsToday: number
  agentEvents24h: number
}

export const noAgents: AgentCounts = {
  totalConversations: 0,
  conversationsToday: 0,
  agentEvents24h: 0,
}

/** Whether there may be something to count. */
export const hasAgents: RawBuilder<boolean> = sql`exists (
  select from pg_namespace where nspname in ('agent', 'agent_metrics')
)`

/**
 * One that is missing or may not be read counts as empty, and where created_at
 * is missing or no time, nothing is recent. A time without zone is in UTC, as the session is, so all compare.
 */
export async function countAgents(kysely: Kysely<Schema>): Promise<AgentCounts> {
  const { rows: found } = await sql<{ table: string; hasTime: boolean }>`
    select nspname || '.' || relname as table,
      exists (
        select from pg_attribute
        where attrelid = pg_class.oid and attname = 'created_at' and not attisdropped
          and atttypid in ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype)
      ) as "hasTime"
    from pg_class
    join pg_namespace on pg_namespace.oid = relnamespace
    where (nspname, relname) in (('agent', 'conversations'), ('agent_metrics', 'agent_events'))
      and relkind in ('r', 'p', 'v', 'm', 'f')
      and has_schema_privilege(pg_namespace.oid, 'USAGE')
      and has_table_privilege(pg_class.oid, 'SELECT')`.execute(kysely)
  if (found.length === 0) return noAgents
  const count = (table: string, since?: string) => {
    const counted = found.find((entry) => entry.table === table)
    if (counted === undefined || (since !== undefined && !counted.hasTime)) return sql`0::bigint`
    return sql`(select count(*) from ${sql.table(table)} ${sql.raw(since ?? '')})`
  }
  const counts = await sql<AgentCounts>`
    select ${count('agent.conversations')} as "totalConversations",
      ${count('agent.conversations', "where created_at >= date_trunc('day', now())")}
        as "conversationsToday",
      ${count('agent_metrics.agent_events', "where created_at > now() - interval '24 hours'")}
        as "agentEvents24h"`.execute(kysely)
  const [row] = counts.rows
  if (row === undefined) throw new Error('Expected one row of counts, got none')
  return row
}
