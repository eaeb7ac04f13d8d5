import fc from 'fast-check'
import { sql } from 'kysely'
import { describe, expect, test, vi } from 'vitest'
import { migrations } from '../../migrations/index.ts'
import type { Database, Session } from '../../src/database/database.ts'
import { migrate, revertLast } from '../../src/database/migrate.ts'
import { graphql } from '../generated/gql.ts'
import { openTestApi } from '../support/api.ts'
import { catalogOf } from '../support/catalog.ts'
import { type Engine, engines, openTestDatabase } from '../support/database.ts'
import { hasHypertable } from '../support/hypertable.ts'
import { migrateAll } from '../support/migrate-all.ts'
import {
  addNotes,
  adoptedRows,
  createOldTelemetry,
  insertOldRows,
  type OldShape,
  oldRows,
  readAdopted,
} from '../support/old-telemetry.ts'
import { createRoles } from '../support/roles.ts'

// Hundreds of chunks, and many databases in one test.
vi.setConfig({ testTimeout: 240_000 })

const Adopted = graphql(`
  query Adopted {
    telemetry(first: 100) {
      nodes {
        plant {
          plantId
        }
        timestamp
        soc
      }
    }
    plants {
      plantId
      latest {
        timestamp
        soc
      }
    }
    schemaStatus {
      storage {
        kind
      }
    }
  }
`)

const Send = graphql(`
  mutation Send($readings: [TelemetryInput!]!) {
    recordTelemetry(readings: $readings) {
      inserted
      duplicates
    }
  }
`)

const shapesOf = (engine: Engine): OldShape[] =>
  engine === 'native' ? ['plain'] : ['plain', 'hypertable']

/** Every engine with every shape that the old table can have there. */
const states = engines.flatMap((engine) =>
  shapesOf(engine).map((shape) => [engine, shape] as const),
)

async function rowsOf(database: Database, table: string): Promise<string[]> {
  const { rows } = await sql<{ row: string }>`
    select reading::text as row from ${sql.raw(table)} as reading order by 1`.execute(
    database.kysely,
  )
  return rows.map(({ row }) => row)
}

async function dropEverything({ kysely }: Database): Promise<void> {
  await sql`drop table if exists solark.telemetry cascade`.execute(kysely)
  await sql`drop schema if exists solark cascade`.execute(kysely)
}

const run = (session: Session, dryRun = false) => migrate(session, { migrations, dryRun })

describe.each(states)('on %s, adopting a table that is %s', (engine, shape) => {
  test('keeps every reading: the newest of an instant in place, the others aside', async () => {
    await using database = await openTestDatabase(engine, { migrated: false })
    await using session = await database.openSession('test')
    const fresh = await (async () => {
      await migrateAll(database)
      const made = await columnsOf(database)
      await dropEverything(database)
      return made
    })()
    await fc.assert(
      fc.asyncProperty(oldRows, async (rows) => {
        await dropEverything(database)
        await createOldTelemetry(database, shape)
        await addNotes(database)
        await insertOldRows(database, rows)
        await sql`create table solark.plant_flow as select * from solark.telemetry`.execute(
          database.kysely,
        )
        const flow = await rowsOf(database, 'solark.plant_flow')
        const { kept, aside } = adoptedRows(rows)
        const withoutPlant = rows.filter(({ plantId }) => plantId === null).length
        const counted = [
          `${kept.length} rows converted, ${aside.length} set aside`,
          `${withoutPlant} rows without a plant`,
        ]

        const catalog = await catalogOf(database)
        const planned = await run(session, true)
        expect(planned.status).toBe('PLANNED')
        for (const count of counted) expect(planned.notices.join()).toContain(count)
        expect(await catalogOf(database)).toEqual(catalog)

        const applied = await run(session)
        expect(applied.steps.map(({ error }) => error)).toEqual(applied.steps.map(() => null))
        expect(applied.status).toBe('APPLIED')
        for (const count of counted) expect(applied.notices.join()).toContain(count)
        const kysely = database.kysely.withTables<never>()
        expect(await readAdopted(kysely, 'solark.telemetry')).toEqual(kept)
        expect(await readAdopted(kysely, 'solark.telemetry_duplicate')).toEqual(aside)
        expect(await rowsOf(database, 'solark.plant_flow')).toEqual(flow)
        // Old flags keep their default for old writers.
        expect(await columnsOf(database)).toEqual(
          [
            ...fresh.map((column) =>
              /^(pv_to_|bat_to_)(load|bat) /.test(column)
                ? column.replace('null', 'false')
                : column,
            ),
            'note text f null null',
          ].toSorted(),
        )
        const plants = await database.kysely.selectFrom('solark.plant').select('id').execute()
        expect(plants.map(({ id }) => id).toSorted()).toEqual(
          [...new Set(kept.map(({ plantId }) => plantId))].toSorted(),
        )
      }),
      { numRuns: engine === 'native' ? 15 : 4 },
    )
  })

  test('leaves an API that works, and old writers that go on', async () => {
    await using api = await openTestApi(engine, { migrated: false })
    const { database } = api
    await createOldTelemetry(database, shape)
    await sql`
      insert into solark.telemetry (plant_id, timestamp, soc)
      values (null, '2026-06-01 10:00:00', 1), (7, '2026-06-01 10:00:00', 2),
        (7, '2026-07-15 10:00:00.123456', 3)`.execute(database.kysely)
    await migrateAll(database)

    // Old writers: no plant, a time without a zone, or none at all.
    await sql`insert into solark.telemetry (timestamp, soc) values ('2026-06-01 10:05:00', 4)`.execute(
      database.kysely,
    )
    const { rows } = await sql<{ id: number; isNow: boolean; flag: boolean }>`
      insert into solark.telemetry (plant_id) values (8)
      returning id, timestamp = now() as "isNow", pv_to_load as flag`.execute(database.kysely)
    expect(rows).toEqual([{ id: 5, isNow: true, flag: false }])
    await sql`delete from solark.telemetry where plant_id = 8`.execute(database.kysely)
    const readings = [
      { plantId: 7, timestamp: '2026-07-15T10:00:01Z', soc: 5 },
      { plantId: 0, timestamp: '2026-06-01T10:00:00Z', soc: 1 },
    ]
    expect((await api.ask(Send, { readings })).recordTelemetry).toEqual({
      inserted: 1,
      duplicates: 1,
    })

    const { telemetry, plants, schemaStatus } = await api.ask(Adopted)
    expect(
      telemetry.nodes.map(({ plant, timestamp, soc }) => [plant.plantId, timestamp, soc]),
    ).toEqual([
      [7, '2026-07-15T10:00:01.000Z', 5],
      [7, '2026-07-15T10:00:00.123Z', 3],
      [0, '2026-06-01T10:05:00.000Z', 4],
      [7, '2026-06-01T10:00:00.000Z', 2],
      [0, '2026-06-01T10:00:00.000Z', 1],
    ])
    expect(plants).toEqual([
      { plantId: 0, latest: { timestamp: '2026-06-01T10:05:00.000Z', soc: 4 } },
      { plantId: 7, latest: { timestamp: '2026-07-15T10:00:01.000Z', soc: 5 } },
      { plantId: 8, latest: null },
    ])
    expect(schemaStatus.storage.kind).toBe(hasHypertable(engine) ? 'HYPERTABLE' : 'REGULAR_TABLE')
  })

  test('keeps owner, rights, comments, indexes, constraints and triggers of the user', async () => {
    await using database = await openTestDatabase(engine, { migrated: false })
    const { kysely } = database
    await using roles = await createRoles(database, ['owner', 'reader'])
    const [owner, reader] = roles.names
    await createOldTelemetry(database, shape)
    await sql
      .raw(`
      do $do$ begin
        create table solark.site (id integer primary key);
        alter table solark.telemetry add column site integer references solark.site (id),
          add column "Odd name" text not null default 'x', add constraint sane check (soc <= 100);
        create index by_site on solark.telemetry (site) where site is not null;
        create index by_hour on solark.telemetry (plant_id, (timestamp > created_at), round(soc::numeric))
          where soc > 5 and created_at > timestamp and lower("Odd name") = 'x';
        create function solark.stamp() returns trigger language plpgsql
          as $$ begin new."Odd name" := 'stamped'; return new; end $$;
        create trigger stamp before insert on solark.telemetry
          for each row execute function solark.stamp();
        comment on table solark.telemetry is 'Mine, ''really''';
        comment on column solark.telemetry.soc is 'Percent';
        alter table solark.telemetry alter column soc set statistics 500;
        create statistics solark.related on plant_id, soc from solark.telemetry;
        grant usage, create on schema solark to ${owner};
        alter table solark.telemetry owner to ${owner};
        grant select, insert on solark.telemetry to ${reader} with grant option;
        grant update (soc) on solark.telemetry to ${reader};
      end $do$`)
      .execute(kysely)
    const before = await attachmentsOf(database)
    await migrateAll(database)
    expect(await attachmentsOf(database)).toEqual(before)
    expect(before.length).toBeGreaterThan(8)
    await sql`insert into solark.telemetry (timestamp) values ('2026-01-01')`.execute(kysely)
    const { rows } = await sql`select "Odd name" as stamp from solark.telemetry`.execute(kysely)
    expect(rows).toEqual([{ stamp: 'stamped' }])
  })

  const obstacles: Record<string, { make: string; told: string[] }> = {
    'a view': {
      make: 'create view solark.noon as select soc from solark.telemetry',
      told: ['view solark.noon depends on it', 'create it again afterwards'],
    },
    'a materialized view': {
      make: 'create materialized view solark.kept as select soc from solark.telemetry',
      told: ['materialized view solark.kept depends on it'],
    },
    'text where numbers belong': {
      make: 'alter table solark.telemetry alter column soc type text',
      told: ['the column soc is text, which does not convert to double precision', 'USING'],
    },
    'a column of the user that needs a value': {
      make: "alter table solark.telemetry add column site text not null default 'x'; alter table solark.telemetry alter column site drop default",
      told: ['the column site is not null and has no default', 'give it a default'],
    },
    'a column with our name': {
      make: 'alter table solark.telemetry add column txid bigint',
      told: ['txid', 'rename it'],
    },
    'a function that reads it': {
      make: 'create function solark.total() returns float8 return (select sum(soc) from solark.telemetry)',
      told: ['function solark.total() depends on it'],
    },
    'a plant below 0': {
      make: "insert into solark.telemetry (plant_id, timestamp) values (-1, '2026-01-01')",
      told: ['1 rows have a plant_id below 0', 'give them another'],
    },
    'an index that no time zone suits': {
      make: "create index by_day on solark.telemetry (plant_id, date_trunc('day', timestamp))",
      told: ['the index by_day', 'drop it'],
    },
    'an index over some rows that no time zone suits': {
      make: "create index recent on solark.telemetry (soc) where timestamp > timestamp '2020-01-01'",
      told: ['the index recent', 'depends on the time zone', 'drop it'],
    },
    'an index over a function for times without a zone': {
      make: "create function solark.day(moment timestamp) returns date immutable language sql return '2000-01-01'::date; create index by_ours on solark.telemetry (solark.day(timestamp), timestamp)",
      told: ['the index by_ours', 'solark.day', 'drop it'],
    },
    'a foreign key to plants, of which none is 0': {
      make: 'create table solark.site (id integer primary key); insert into solark.site values (1); alter table solark.telemetry add constraint of_site foreign key (plant_id) references solark.site',
      told: [
        '1 rows without a plant become rows of plant 0, which the constraint of_site refuses',
        'add the plant 0 to solark.site, or drop it',
      ],
    },
    'a check that no plant is 0': {
      make: 'alter table solark.telemetry add constraint real check (plant_id > 0)',
      told: [
        '1 rows without a plant',
        'the constraint real refuses',
        'give them a plant, or drop it',
      ],
    },
    'rows set aside before': {
      make: 'create table solark.telemetry_duplicate ()',
      told: ['solark.telemetry_duplicate already exists', 'rename or drop it'],
    },
    ...(shape === 'plain'
      ? {
          'a rule': {
            make: 'create rule no_loss as on delete to solark.telemetry do instead nothing',
            told: ['rule no_loss on table solark.telemetry depends on it'],
          },
          'a foreign key that points at it': {
            make: 'create table solark.remark (reading integer references solark.telemetry (id))',
            told: ['the foreign key remark_reading_fkey of solark.remark references it', 'drop it'],
          },
          'an infinite time': {
            make: "insert into solark.telemetry (timestamp) values ('infinity')",
            told: [
              '1 rows have a timestamp or created_at before 1900, from 2255, or infinite',
              'correct it',
            ],
          },
        }
      : {
          // What the catalog says of compressed chunks.
          'compressed chunks': {
            make: 'update _timescaledb_catalog.chunk set status = 1',
            told: ['1 of its chunks are compressed', 'decompress_chunk'],
          },
        }),
    ...(shape === 'plain' && hasHypertable(engine)
      ? {
          'a unique column that a hypertable cannot have': {
            make: 'alter table solark.telemetry add constraint only_once unique (id)',
            told: ['only_once is unique without the timestamp', 'drop it'],
          },
        }
      : {}),
  }

  test('fails on what it cannot adopt with its name and the cure, everything as it was', async () => {
    await using database = await openTestDatabase(engine, { migrated: false })
    await using session = await database.openSession('test')
    for (const [what, { make, told }] of Object.entries(obstacles)) {
      await createOldTelemetry(database, shape)
      await sql`
        insert into solark.telemetry (plant_id, timestamp, soc)
        values (1, '2026-01-01', 5), (1, '2026-01-01', 6), (null, '2026-01-01', 7)`.execute(
        database.kysely,
      )
      for (const statement of make.split('; ')) await sql.raw(statement).execute(database.kysely)
      const before = [await catalogOf(database), await rowsOf(database, 'solark.telemetry')]

      const applied = await run(session)
      expect(applied.status, what).toBe('FAILED')
      const error = applied.steps.find(({ name }) => name === '0001_readings')?.error
      for (const words of told) expect(error, what).toContain(words)
      const planned = await run(session, true)
      expect(planned.steps.find(({ name }) => name === '0001_readings')?.error, what).toBe(error)
      expect([await catalogOf(database), await rowsOf(database, 'solark.telemetry')]).toEqual(
        before,
      )
      await dropEverything(database)
    }
  })

  test('fails for a role that may not, and keeps the owner for one that may', async () => {
    await using database = await openTestDatabase(engine, { migrated: false })
    await using roles = await createRoles(database, ['owner', 'guest'])
    const [owner, guest] = roles.names
    await using session = await database.openSession('test')
    await createOldTelemetry(database, shape)
    await sql.raw(`alter table solark.telemetry owner to ${owner}`).execute(database.kysely)
    await sql.raw(`grant create on schema solark to ${owner}`).execute(database.kysely)
    const before = await catalogOf(database)
    const asGuest = async () => {
      await sql.raw(`set role ${guest}`).execute(session.kysely)
      const { status, steps } = await run(session)
      await sql`reset role`.execute(session.kysely)
      expect(status).toBe('FAILED')
      return steps.map(({ error }) => error).join()
    }
    expect(await asGuest()).toContain(`grant usage, create on schema solark to ${guest}`)
    await sql.raw(`grant usage on schema solark to ${guest}`).execute(database.kysely)
    expect(await asGuest()).toContain(`grant usage, create on schema solark to ${guest}`)
    await sql.raw(`grant create on schema solark to ${guest}`).execute(database.kysely)
    expect(await asGuest()).toContain(`it belongs to the role ${owner}: migrate as that role`)
    expect(await catalogOf(database)).toEqual(before)

    await sql.raw(`grant ${owner} to ${guest}`).execute(database.kysely)
    await sql.raw(`set role ${guest}`).execute(session.kysely)
    const applied = await run(session)
    await sql`reset role`.execute(session.kysely)
    expect(applied.steps.filter(({ error }) => error !== null)).toEqual([])
    const { rows } = await sql`
      select pg_get_userbyid(relowner)::text as owner from pg_class
      where oid = 'solark.telemetry'::regclass`.execute(database.kysely)
    expect(rows).toEqual([{ owner }])
    await dropEverything(database)
  })

  test('cannot be taken back, also where nothing was set aside', async () => {
    await using database = await openTestDatabase(engine, { migrated: false })
    await using session = await database.openSession('test')
    await createOldTelemetry(database, shape)
    await migrateAll(database)
    for (const _ of Object.keys(migrations).slice(1)) {
      expect((await revertLast(session, migrations)).status).toBe('APPLIED')
    }
    const before = await catalogOf(database)
    const down = await revertLast(session, migrations)
    expect(down.status).toBe('FAILED')
    expect(down.steps.find(({ error }) => error !== null)).toMatchObject({
      name: '0001_readings',
      error: expect.stringContaining('irreversible'),
    })
    expect(await catalogOf(database)).toEqual(before)
    await migrateAll(database)
  })
})

test.each(engines)(
  'on %s, a table that is odd in many ways gets the whole shape',
  async (engine) => {
    await using database = await openTestDatabase(engine, { migrated: false })
    const { kysely } = database
    await sql`create schema solark`.execute(kysely)
    await sql`
    create table solark.telemetry (
      lost text,
      id smallint generated always as identity,
      plant_id bigint default 3,
      timestamp timestamptz(3) default (now() at time zone 'UTC')::timestamptz,
      soc numeric(4, 1) not null default 0,
      batt_power real,
      grid_power integer,
      pv_voltage double precision default 230,
      twice float8 generated always as (pv_voltage * 2) stored
    )`.execute(kysely)
    await sql`alter table solark.telemetry drop column lost`.execute(kysely)
    await sql`
    insert into solark.telemetry (plant_id, timestamp, soc, batt_power, grid_power)
    values (3, '2026-01-01T10:00:00+02:00', 99.5, 0.1, 7), (null, '2026-01-01', 1, null, null)`.execute(
      kysely,
    )
    await migrateAll(database)
    await sql`insert into solark.telemetry (timestamp) values ('2026-01-02T00:00:00.123456Z')`.execute(
      kysely,
    )
    const { rows } = await sql`
    select id::integer, plant_id, timestamp::text, soc, batt_power, grid_power, twice, pv_power,
      created_at is not null as stored
    from solark.telemetry order by id`.execute(kysely)
    const small = Math.fround(0.1)
    expect(rows).toEqual([
      {
        ...{
          id: 1,
          plant_id: 3,
          timestamp: '2026-01-01 08:00:00+00',
          soc: 99.5,
          batt_power: small,
        },
        ...{ grid_power: 7, twice: 460, pv_power: null, stored: true },
      },
      {
        ...{ id: 2, plant_id: 0, timestamp: '2026-01-01 00:00:00+00', soc: 1, batt_power: null },
        ...{ grid_power: null, twice: 460, pv_power: null, stored: true },
      },
      {
        ...{ id: 3, plant_id: 3, timestamp: '2026-01-02 00:00:00.123456+00', soc: 0 },
        ...{ batt_power: null, grid_power: null, twice: 460, pv_power: null, stored: true },
      },
    ])
  },
)

test.each(shapesOf('timescale'))(
  'ten years of a %s are adopted under default settings',
  async (shape) => {
    await using database = await openTestDatabase('timescale', { migrated: false })
    await createOldTelemetry(database, shape)
    if (shape === 'hypertable') await addPolicies(database)
    await sql`
    insert into solark.telemetry (plant_id, timestamp, soc)
    select plant, time, 50 from generate_series(1, 2) as plant,
      generate_series(timestamp '2016-01-01', timestamp '2025-12-31', interval '84 hours') as time`.execute(
      database.kysely,
    )
    const { rows: before } = await sql`select count(*) as count from solark.telemetry`.execute(
      database.kysely,
    )
    await using session = await database.openSession('test')
    const { status, steps, notices } = await run(session)
    expect(steps.filter(({ error }) => error !== null)).toEqual([])
    expect(status).toBe('APPLIED')
    const { rows: after } = await sql`select count(*) as count from solark.telemetry`.execute(
      database.kysely,
    )
    expect(after).toEqual(before)
    const { rows } = await sql`
    select count(*) as chunks, min(range_end - range_start)::text as interval
    from timescaledb_information.chunks where hypertable_name = 'telemetry'`.execute(
      database.kysely,
    )
    expect(rows).toEqual([{ chunks: 122, interval: '30 days' }])
    if (shape === 'hypertable') {
      expect(notices).toContain('Its retention policy stays: readings are dropped after 20 years')
      expect(notices.join()).toContain('Its job policy_reorder ended with the old hypertable')
      const { rows: carried } = await sql`select * from public.carried`.execute(database.kysely)
      expect(carried).toEqual([{ table: 'solark.telemetry', after: '20 years', every: '1 day' }])
    }
  },
)

/** Name, type, whether null is refused, default and generation of each column. */
async function columnsOf({ kysely }: Database): Promise<string[]> {
  const { rows } = await sql<{ column: string }>`
    select format('%s %s %s %s %s', attname, format_type(atttypid, atttypmod), attnotnull,
      coalesce(pg_get_expr(adbin, adrelid), 'null'), coalesce(col_description(attrelid, attnum), 'null'))
      as column
    from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where attrelid = 'solark.telemetry'::regclass and attnum > 0 and not attisdropped`.execute(
    kysely,
  )
  return rows.map(({ column }) => column).toSorted()
}

/** What of a table is not its columns and rows, as text. */
async function attachmentsOf({ kysely }: Database): Promise<string[]> {
  const { rows } = await sql<{ line: string }>`
    with relation as (select * from pg_class where oid = 'solark.telemetry'::regclass)
    select 'owner ' || pg_get_userbyid(relowner) as line from relation
    union all
    select 'right ' || item::text from relation, unnest(relacl) as item
    union all
    select 'right ' || attname || item::text from relation
    join pg_attribute on attrelid = relation.oid, unnest(attacl) as item
    union all
    select 'comment ' || obj_description(oid, 'pg_class') from relation
    union all
    select 'comment ' || col_description(oid, 4) from relation
    union all
    select 'index ' || pg_get_indexdef(indexrelid) from pg_index
    join relation on indrelid = relation.oid
    where indexrelid::regclass::text !~ 'telemetry_(pkey|timestamp)|idx_solark'
    union all
    select 'constraint ' || conname || pg_get_constraintdef(pg_constraint.oid) from pg_constraint
    join relation on conrelid = relation.oid where contype in ('c', 'f') and conname !~ '^telemetry_(plant_id|id|timestamp|created_at)_check$'
    union all
    select 'statistics target ' || attname || ' ' || attstattarget from pg_attribute
    where attrelid = 'solark.telemetry'::regclass and attnum > 0 and attstattarget >= 0
    union all
    select 'statistics ' || pg_get_statisticsobjdef(pg_statistic_ext.oid) from pg_statistic_ext
    join relation on stxrelid = relation.oid
    union all
    select 'trigger ' || pg_get_triggerdef(pg_trigger.oid) from pg_trigger
    join relation on tgrelid = relation.oid
    where not tgisinternal and tgname !~ '^(telemetry|rollup|ts)_'
    order by 1`.execute(kysely)
  return rows.map(({ line }) => line)
}

/**
 * PGlite's TimescaleDB has no policies: puts two where its catalog keeps them, and notes what is asked of the
 * function that makes one.
 */
async function addPolicies({ kysely }: Database): Promise<void> {
  await sql`
    insert into _timescaledb_config.bgw_job (application_name, schedule_interval, max_runtime,
      max_retries, retry_period, proc_schema, proc_name, hypertable_id, config)
    select 'policy', '1 day', '0', -1, '1 hour', '_timescaledb_functions', policy.name, id,
      jsonb_build_object('hypertable_id', id) || policy.config::jsonb
    from _timescaledb_catalog.hypertable, (values
      ('policy_retention', '{ "drop_after": "20 years" }'), ('policy_reorder', '{}')
    ) as policy (name, config)`.execute(kysely)
  await sql`create table public.carried ("table" text, after text, every text)`.execute(kysely)
  await sql`
    create function public.add_retention_policy(
      relation regclass, drop_after interval, schedule_interval interval
    ) returns void language sql as $$
      insert into public.carried values (relation, drop_after, schedule_interval)
    $$`.execute(kysely)
}
