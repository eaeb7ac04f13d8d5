import { type Kysely, sql } from 'kysely'
import { makeHypertable } from '../hypertable.ts'
import { raiseNotice } from '../notice.ts'
import { restore } from './attachments.ts'
import { convertedValue, shapeActions, typeActions } from './columns.ts'
import { readIdSequence } from './id-sequence.ts'
import type { OldTable } from './old-table.ts'

/**
 * Copies the rows into a new hypertable, which replaces the old table and takes over everything attached to it.
 * Altering a hypertable in place takes several locks per chunk and change, so ten years of chunks exceed the server's
 * lock table. Also, a table that once lost a column crashes hypertables before TimescaleDB 2.26.4.
 */
export async function copyIntoHypertable(db: Kysely<unknown>, old: OldTable): Promise<void> {
  const belongings = await readBelongings(db)
  const policies = old.isHypertable ? await readPolicies(db) : []

  await sql`
    create table solark.telemetry_adopted (like solark.telemetry
      including defaults including identity including generated including comments
      including storage including compression)`.execute(db)
  await sql`alter table solark.telemetry_adopted owner to ${sql.id(old.owner)}`.execute(db)
  await sql`
    alter table solark.telemetry_adopted ${sql.join([...typeActions(old), ...shapeActions(old)])}`.execute(
    db,
  )
  await makeHypertable(db, 'solark.telemetry_adopted')
  const stored = old.columns.filter(({ isGenerated }) => !isGenerated)
  await sql`
    insert into solark.telemetry_adopted (${sql.join(stored.map(({ name }) => sql.id(name)))})
    overriding system value
    select ${sql.join(stored.map(convertedValue))} from solark.telemetry`.execute(db)

  const sequence = await readIdSequence(db)
  if (sequence?.isOwnedByColumn === true && !sequence.isIdentity) {
    await sql`
      alter sequence ${sql.raw(sequence.name)} owned by solark.telemetry_adopted.id`.execute(db)
  }
  await sql`drop table solark.telemetry`.execute(db)
  await sql`alter table solark.telemetry_adopted rename to telemetry`.execute(db)
  for (const { what, definition } of belongings) await restore(db, what, definition)
  await restorePolicies(db, policies)
}

interface Belonging {
  what: string
  definition: string
}

/**
 * Returns statements that create again what belongs to the old table: rights, constraints, statistics, its comment.
 */
async function readBelongings(db: Kysely<unknown>): Promise<Belonging[]> {
  const { rows } = await sql<Belonging>`
    with relation as (select * from pg_class where oid = 'solark.telemetry'::regclass),
    granted as (
      select privilege_type, null as attname, grantee, is_grantable
      from relation, aclexplode(relacl) where grantee <> relowner
      union all
      select privilege_type, attname, grantee, is_grantable
      from relation join pg_attribute on attrelid = relation.oid, aclexplode(attacl)
      where not attisdropped
    )
    select 'the rights' as what, format('grant %s%s on solark.telemetry to %s%s', privilege_type,
      '(' || quote_ident(attname) || ')', case grantee when 0 then 'public' else grantee::regrole::text end,
      case when is_grantable then ' with grant option' end) as definition
    from granted
    union all
    select format('the constraint %I', conname),
      format('alter table solark.telemetry add constraint %I %s', conname, pg_get_constraintdef(pg_constraint.oid))
    from pg_constraint join relation on relation.oid = conrelid where contype in ('c', 'f', 'u')
    union all
    select format('the statistics %I', stxname), pg_get_statisticsobjdef(pg_statistic_ext.oid)
    from pg_statistic_ext join relation on relation.oid = stxrelid
    union all
    select format('the statistics target of %I', attname),
      format('alter table solark.telemetry alter column %I set statistics %s', attname, attstattarget)
    from pg_attribute join relation on relation.oid = attrelid
    where attnum > 0 and not attisdropped and attstattarget >= 0
    union all
    select 'the comment', format('comment on table solark.telemetry is %L', obj_description(oid, 'pg_class'))
    from relation where obj_description(oid, 'pg_class') is not null`.execute(db)
  return rows
}

interface Policy {
  name: string
  schedule: string
  config: { drop_after?: unknown } | null
}

async function readPolicies(db: Kysely<unknown>): Promise<Policy[]> {
  const { rows } = await sql<Policy>`
    select proc_name as name, schedule_interval::text as schedule, config
    from timescaledb_information.jobs
    where hypertable_schema = 'solark' and hypertable_name = 'telemetry'
    order by job_id`.execute(db)
  return rows
}

/** The retention policy is restored. Compression has to be decided again for the new key and chunks. */
async function restorePolicies(db: Kysely<unknown>, policies: readonly Policy[]): Promise<void> {
  for (const { name, schedule, config } of policies) {
    const dropAfter = config?.drop_after
    if (name === 'policy_retention' && typeof dropAfter === 'string') {
      await sql`
        select add_retention_policy('solark.telemetry', ${sql.lit(dropAfter)}::interval,
          schedule_interval => ${sql.lit(schedule)}::interval)`.execute(db)
      await raiseNotice(db, `Its retention policy stays: readings are dropped after ${dropAfter}`)
    } else {
      await raiseNotice(
        db,
        `Its job ${name} ended with the old hypertable; it was ${JSON.stringify(config)}, every ${schedule}`,
      )
    }
  }
}
