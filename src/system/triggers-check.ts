import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { databaseQuery } from './checks.ts'
import type { Check } from './health.ts'

/** What keeps triggers from firing, and for whom. */
interface Silenced {
  /** Whether for this server itself, which may not change it. */
  here: boolean
  /** Whether for all that write to this database. */
  everywhere: boolean
  /** Roles whose sessions fire no triggers. */
  roles: string[]
  /** Triggers that somebody disabled, as `table.trigger`. */
  disabled: string[]
}

const WITHOUT =
  'then readings reach neither latestEnergy nor the feed nor history, and their plants are not registered'

/**
 * Whether the triggers fire when readings are written. session_replication_role, which may be set for a role or a
 * database, keeps them from it; only an administrator can reset it.
 */
export function triggersCheck(kysely: Kysely<Schema>): Check {
  return {
    name: 'triggers',
    run: databaseQuery(async () => {
      const { here, everywhere, roles, disabled } = await readSilenced(kysely)
      const faults = [
        ...(here || everywhere
          ? [
              'session_replication_role is replica: as an administrator of the database, reset it with ALTER DATABASE … RESET session_replication_role (or ALTER ROLE …), then restart this server',
            ]
          : []),
        ...(disabled.length > 0
          ? [`disabled: ${disabled.join(', ')}; enable them with ALTER TABLE … ENABLE TRIGGER`]
          : []),
      ]
      if (faults.length > 0) {
        return {
          status: 'UNHEALTHY',
          detail: `Triggers do not fire, ${WITHOUT}. ${faults.join('; ')}`,
        }
      }
      if (roles.length > 0) {
        return {
          status: 'DEGRADED',
          detail: `Triggers do not fire for what ${roles.join(', ')} writes, ${WITHOUT}: as an administrator of the database, reset it with ALTER ROLE … RESET session_replication_role`,
        }
      }
      return { status: 'HEALTHY', detail: 'all fire' }
    }),
  }
}

async function readSilenced(kysely: Kysely<Schema>): Promise<Silenced> {
  const { rows } = await sql<Silenced>`
    with setting as (
      select distinct setrole
      from pg_db_role_setting
      left join pg_database on pg_database.oid = setdatabase
      where 'session_replication_role=replica' = any (setconfig)
        and (setdatabase = 0 or datname = current_database())
    )
    select current_setting('session_replication_role') = 'replica' as here,
      exists (select from setting where setrole = 0) as everywhere,
      array(
        select rolname::text from setting join pg_roles on pg_roles.oid = setrole order by rolname
      ) as roles,
      array(
        select relname || '.' || tgname
        from pg_trigger
        join pg_class on pg_class.oid = tgrelid
        join pg_proc on pg_proc.oid = tgfoid
        where relnamespace = to_regnamespace('solark') and pronamespace = relnamespace
          and not tgisinternal and tgenabled in ('D', 'R')
        order by 1
      ) as disabled`.execute(kysely)
  return rows[0] ?? { here: false, everywhere: false, roles: [], disabled: [] }
}
