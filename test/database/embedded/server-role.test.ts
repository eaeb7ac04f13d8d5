import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { sql } from 'kysely'
import { describe, expect, test, vi } from 'vitest'
import { migrations } from '../../../migrations/index.ts'
import { openDatabase } from '../../../src/database/database.ts'
import { administratorUrl } from '../../../src/database/embedded/connection.ts'
import { dataFolder } from '../../../src/database/embedded/data-folder.ts'
import { openEmbeddedPostgres } from '../../../src/database/embedded/embedded-postgres.ts'
import { migrate } from '../../../src/database/migrate.ts'
import { createLogger } from '../../../src/log.ts'
import { readLatestOf } from '../../../src/telemetry/latest.ts'
import { migrateAll } from '../../support/migrate-all.ts'
import { query } from './postgres-process.ts'
import { spawnHolder } from './spawn-holder.ts'
import { temporaryFolder } from './temporary-folder.ts'

const log = createLogger({ logLevel: 'silent', logFormat: 'json' })
const open = (dataDir: string) => openEmbeddedPostgres({ dataDir, role: 'server', log })

/** Of the one who is asked for at the start alone. */
function superuserUrl(dataDir: string, url: string): Promise<string> {
  return administratorUrl(dataFolder(dataDir), Number(new URL(url).port))
}

/** Makes the folder what it was when the superuser owned everything and was all that there was. */
async function makeOlder(dataDir: string, url: string): Promise<void> {
  const superuser = await superuserUrl(dataDir, url)
  await query(
    superuser,
    `do $$
     declare
       thing record;
     begin
       alter database heliograph owner to heliograph;
       for thing in
         select 'schema' as kind, quote_ident(nspname) as name from pg_namespace
         where nspowner = 'heliograph_server'::regrole
         union all
         select 'table', oid::regclass::text from pg_class
         where relowner = 'heliograph_server'::regrole and relkind in ('r', 'v')
         union all
         select 'sequence', 'solark.announced'
         union all
         select 'routine', oid::regprocedure::text from pg_proc
         where proowner = 'heliograph_server'::regrole
         union all
         select 'type', oid::regtype::text from pg_type
         where typowner = 'heliograph_server'::regrole and typtype = 'e'
       loop
         execute format('alter %s %s owner to heliograph', thing.kind, thing.name);
       end loop;
     end $$`,
  )
  await query(superuser, 'drop owned by heliograph_server; drop role heliograph_server')
  await rm(dataFolder(dataDir).serverPassword)
}

const whoAmI = `
  select rolsuper as "isSuperuser", pg_get_userbyid(datdba) = current_user as "ownsDatabase"
  from pg_roles, pg_database where rolname = current_user and datname = current_database()`

describe('the role of the server', () => {
  test('is no superuser: no programs, no files of the machine, no way up', async () => {
    await using folder = await temporaryFolder()
    {
      await using postgres = await open(folder.path)
      expect(await query(postgres.url, whoAmI)).toEqual([
        { isSuperuser: false, ownsDatabase: true },
      ])
      for (const statement of [
        "copy (select 1) to program 'cat'",
        "copy (select 1) to '/tmp/heliograph-was-here'",
        "select pg_read_file('/etc/passwd')",
        "select pg_ls_dir('.')",
        "select lo_import('/etc/passwd')",
        "alter system set work_mem = '1GB'",
        'alter role heliograph_server superuser',
        'set role heliograph',
        'grant pg_execute_server_program to heliograph_server',
      ]) {
        await expect(query(postgres.url, statement), statement).rejects.toMatchObject({
          code: '42501',
        })
      }
      // The superuser of the next start would call this, were names looked up here.
      await query(
        postgres.url,
        `create schema trap;
         create function trap.current_setting(text) returns text language plpgsql as $$
           begin execute 'alter role heliograph_server superuser'; return ''; end $$;
         alter database heliograph set search_path = trap, pg_catalog`,
      )
    }
    await using again = await open(folder.path)
    expect(await query(again.url, whoAmI)).toMatchObject([{ isSuperuser: false }])
  })

  test('lets somebody read the views of energy, and nothing else', async () => {
    await using folder = await temporaryFolder()
    await using postgres = await open(folder.path)
    await using database = openDatabase({
      url: postgres.url,
      poolSize: 2,
      statementTimeout: 60_000,
    })
    await migrateAll(database)
    await query(
      await superuserUrl(folder.path, postgres.url),
      "alter role heliograph_reader login password 'in the light of day'",
    )
    const reader = new URL(postgres.url)
    reader.username = 'heliograph_reader'
    reader.password = 'in the light of day'
    expect(await query(reader.href, 'select * from solark.energy_day')).toEqual([])
    await expect(query(reader.href, 'select * from solark.latest')).rejects.toMatchObject({
      code: '42501',
    })
  })

  test('may make no roles: without one for readers a migration says what to run', async () => {
    await using folder = await temporaryFolder()
    await using postgres = await open(folder.path)
    const superuser = await superuserUrl(folder.path, postgres.url)
    await query(superuser, 'drop role heliograph_reader')
    await using database = openDatabase({
      url: postgres.url,
      poolSize: 2,
      statementTimeout: 60_000,
    })
    await using session = await database.openSession('test')
    const { status, notices } = await migrate(session, { migrations })
    expect(status).toBe('APPLIED')
    const cure = /run: (create role heliograph_reader; .*)/.exec(notices.join('\n'))?.[1]
    if (cure === undefined) throw new Error(`Expected a cure in ${notices.join('\n')}`)
    await query(superuser, cure)
    await query(superuser, 'set role heliograph_reader; select * from solark.energy_quarter_hour')
  })

  test('takes over a folder in which the superuser owned everything, with all that is in it', async () => {
    await using folder = await temporaryFolder()
    {
      await using postgres = await open(folder.path)
      await using database = openDatabase({
        url: postgres.url,
        poolSize: 2,
        statementTimeout: 60_000,
      })
      await migrateAll(database)
      await query(
        postgres.url,
        `insert into solark.telemetry (plant_id, timestamp, soc) values (7, '2026-06-01', 50);
         create schema "Own things"; create type "Own things".mood as enum ('fine');
         create view "Own things".newest as select * from solark.latest`,
      )
    }
    {
      await using postgres = await open(folder.path)
      await makeOlder(folder.path, postgres.url)
    }
    expect(existsSync(dataFolder(folder.path).serverPassword)).toBe(false)

    await using postgres = await open(folder.path)
    expect(await query(postgres.url, whoAmI)).toEqual([{ isSuperuser: false, ownsDatabase: true }])
    const superuser = await superuserUrl(folder.path, postgres.url)
    const left = await query(
      superuser,
      `select classid::regclass, objid from pg_shdepend where refobjid = 'heliograph_server'::regrole and deptype = 'o'`,
    )
    expect(left.length).toBeGreaterThan(30)
    expect(
      await query(
        postgres.url,
        `select proname as name from pg_proc
         where pronamespace = 'solark'::regnamespace and proowner <> 'heliograph_server'::regrole
         union all
         select relname from pg_class join pg_namespace on pg_namespace.oid = relnamespace
         where nspname in ('solark', 'Own things') and relowner <> 'heliograph_server'::regrole`,
      ),
    ).toEqual([])
    await using database = openDatabase({
      url: postgres.url,
      poolSize: 2,
      statementTimeout: 60_000,
    })
    expect(await readLatestOf(database.kysely, 7)).toMatchObject({ soc: 50 })
    await sql`insert into solark.telemetry (plant_id, timestamp, soc) values (7, '2026-06-02', 51)`.execute(
      database.kysely,
    )
    expect(await readLatestOf(database.kysely, 7)).toMatchObject({ soc: 51 })
    await query(
      postgres.url,
      'alter table solark.telemetry add column extra int; drop schema "Own things" cascade',
    )
  })

  test('comes to be whenever the start before was killed, and gets a new password where its file is lost', async () => {
    await using folder = await temporaryFolder()
    const { cluster, serverPassword } = dataFolder(folder.path)
    const moments: Record<string, () => boolean> = {
      'PostgreSQL begun': () => existsSync(`${cluster}/postmaster.pid`),
      'password drafted': () => existsSync(`${serverPassword}.new`) || existsSync(serverPassword),
      'password in place': () => existsSync(serverPassword),
    }
    for (const [moment, reached] of Object.entries(moments)) {
      await using first = spawnHolder(folder.path, 'server')
      await vi.waitFor(
        () => {
          if (!reached()) throw new Error(`Not yet: ${moment}`)
        },
        { timeout: 60_000, interval: 1 },
      )
      await first.kill()
      await using next = await open(folder.path)
      expect(await query(next.url, whoAmI), moment).toEqual([
        { isSuperuser: false, ownsDatabase: true },
      ])
      await rm(serverPassword)
    }
    await using last = await open(folder.path)
    expect(await query(last.url, whoAmI)).toMatchObject([{ ownsDatabase: true }])
  })
})
