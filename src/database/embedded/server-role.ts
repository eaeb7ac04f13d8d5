import { randomBytes } from 'node:crypto'
import { open, readFile, rename, writeFile } from 'node:fs/promises'
import pg from 'pg'
import { Fault } from '../../fault.ts'
import { NAME } from './cluster.ts'
import type { Connection } from './connection.ts'
import { type DataFolder, folderFault, giveToOwnerOf } from './data-folder.ts'

/**
 * The role that owns the database and all in it, and that servers and commands connect as. It is no superuser, so it
 * can neither read files nor run programs.
 */
export const SERVER_ROLE = 'heliograph_server'

/** May read the views of energy and nothing else, once a superuser gives it a password. Migrations let it in. */
const READER_ROLE = 'heliograph_reader'

/** What it may do beyond its own database: health names the transaction that holds the feed up, whoever runs it. */
const RIGHTS = 'pg_read_all_stats'

/** How long to wait for a table: an older Heliograph locks it for as long as its transaction runs. */
const LOCK_TIMEOUT = '10s'
const LOCKED = '55P03'

/** The address of the database, with the password; without TLS on loopback, whatever PGSSLMODE says. */
export async function serverUrl(folder: DataFolder, port: number): Promise<string> {
  const password = await readServerPassword(folder)
  if (password === undefined) {
    throw folderFault(folder, new Error(`${folder.serverPassword} is missing`))
  }
  return `postgres://${SERVER_ROLE}:${password}@127.0.0.1:${port}/${NAME}?sslmode=disable`
}

/**
 * Creates the roles that are missing, and makes the server's the owner of what it does not own yet. In a folder of an older
 * Heliograph that is everything, which belonged to the superuser. A step that is interrupted is done at the next start.
 * The caller must hold the start lock.
 */
export async function prepareServerRole(folder: DataFolder, { client }: Connection): Promise<void> {
  const { rows } = await client.query<{ known: boolean; hasReader: boolean; owns: boolean }>(
    `select exists (select from pg_roles where rolname = $1) as known,
      exists (select from pg_roles where rolname = $2) as "hasReader",
      pg_get_userbyid(datdba) = $1 as owns
     from pg_database where datname = current_database()`,
    [SERVER_ROLE, READER_ROLE],
  )
  const { known = false, hasReader = false, owns = false } = rows[0] ?? {}
  const hasPassword = (await readServerPassword(folder)) !== undefined
  const statements = await takeOverStatements(client)
  if (known && hasReader && owns && hasPassword && statements.length === 0) return

  // The disk guard may have left it on. This writes little, and without the role nobody can read.
  await client.query(`
    set default_transaction_read_only = off; set lock_timeout = '${LOCK_TIMEOUT}'`)
  if (!known || !hasPassword) await giveEntrance(folder, client, known)
  if (!hasReader) await client.query(`create role ${READER_ROLE}`)
  try {
    if (!owns) await client.query(`alter database ${NAME} owner to ${SERVER_ROLE}`)
    // One by one, so that no two tables are waited for at once.
    for (const statement of statements) await client.query(statement)
  } catch (error) {
    throw isLocked(error) ? usedByOlder(folder, error) : error
  } finally {
    await client.query('reset default_transaction_read_only; reset lock_timeout').catch(() => {})
  }
}

/** The file is written last: if it exists, its password is that of the role. */
async function giveEntrance(folder: DataFolder, client: pg.Client, known: boolean): Promise<void> {
  const password = randomBytes(24).toString('base64url')
  const draft = `${folder.serverPassword}.new`
  try {
    await writeFile(draft, password, { mode: 0o600, flush: true })
    giveToOwnerOf(folder.cluster, draft)
    await client.query(`
      begin;
      ${known ? 'alter' : 'create'} role ${SERVER_ROLE} login password ${pg.escapeLiteral(password)};
      grant ${RIGHTS} to ${SERVER_ROLE};
      commit`)
    await rename(draft, folder.serverPassword)
    await using cluster = await open(folder.cluster)
    await cluster.sync()
  } catch (error) {
    throw error instanceof pg.DatabaseError ? error : folderFault(folder, error)
  }
}

/**
 * Statements that make the server's role the owner of all that the superuser owns in this database: schemas, tables,
 * views, sequences, types and functions, except those of PostgreSQL itself and of extensions. REASSIGN OWNED refuses,
 * because the superuser owns the catalogs too.
 */
async function takeOverStatements(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ statement: string }>(
    `select format('alter %s %s owner to %I',
        kind, (pg_identify_object(class, object, 0)).identity, $1::text) as statement
     from (
       select 'schema' as kind, 'pg_namespace'::regclass as class, oid as object, oid as schema, nspowner as owner
       from pg_namespace
       union all
       select 'table', 'pg_class'::regclass, oid, relnamespace, relowner from pg_class
       where relkind in ('r', 'p', 'v', 'm', 'f')
         -- Others go with their column.
         or relkind = 'S' and not exists (
           select from pg_depend
           where classid = 'pg_class'::regclass and objid = pg_class.oid
             and refclassid = 'pg_class'::regclass and deptype in ('a', 'i'))
       union all
       select 'type', 'pg_type'::regclass, oid, typnamespace, typowner from pg_type
       where typtype in ('e', 'd', 'r')
         or typrelid in (select oid from pg_class where relkind = 'c')
       union all
       select 'routine', 'pg_proc'::regclass, oid, pronamespace, proowner from pg_proc
       union all
       select 'statistics', 'pg_statistic_ext'::regclass, oid, stxnamespace, stxowner from pg_statistic_ext
     ) as thing
     join pg_namespace on pg_namespace.oid = schema
     where owner = (select oid from pg_roles where rolname = current_user)
       and nspname !~ '^pg_' and nspname <> 'information_schema'
       and not exists (
         select from pg_depend where classid = class and objid = object and deptype = 'e')`,
    [SERVER_ROLE],
  )
  return rows.map(({ statement }) => statement)
}

/** undefined: there is no password yet. */
async function readServerPassword(folder: DataFolder): Promise<string | undefined> {
  try {
    return (await readFile(folder.serverPassword, 'utf8')).trim()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw folderFault(folder, error)
  }
}

function isLocked(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === LOCKED
}

function usedByOlder(folder: DataFolder, cause: unknown): Fault {
  return new Fault(
    'DATA_FOLDER_IN_USE',
    `An older Heliograph uses ${folder.root}, and this one has to become the owner of its tables: stop the older one, or wait until it has ended, and try again`,
    { cause },
  )
}
