import { type Kysely, sql } from 'kysely'

/** SQL that makes the schema `solark` as it is in a database, but for the record of the migrations. */
export async function dumpSchema(kysely: Kysely<never>): Promise<string> {
  const { rows } = await sql<{ statement: string }>`
    with relation as (
      select pg_class.oid, relname as name, relkind as kind, reloptions as options
      from pg_class
      where relnamespace = 'solark'::regnamespace and relname !~ '^kysely'
    ),
    own_function as (
      select oid, proname as name, oid::regprocedure as signature, proacl as grants, proowner as owner
      from pg_proc
      where pronamespace = 'solark'::regnamespace
    ),
    statement (part, place, number, text) as (
      select 1, name::text, 0, format('create sequence solark.%I minvalue %s start %s', name, seqmin, seqstart)
      from relation join pg_sequence on seqrelid = relation.oid
      -- The others belong to identity columns.
      where not exists (
        select from pg_depend where objid = relation.oid and classid = 'pg_class'::regclass and deptype = 'i')
      union all
      select 2, name, 0, format(E'create table solark.%I (\n%s\n)%s', name,
        (
          select string_agg(format('  %I %s%s%s', attname, format_type(atttypid, atttypmod),
            ' default ' || pg_get_expr(adbin, adrelid),
            case attidentity when 'a' then ' generated always as identity' else '' end
              || case when attnotnull then ' not null' else '' end), E',\n' order by attnum)
          from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
          where attrelid = relation.oid and attnum > 0 and not attisdropped
        ),
        ' with (' || array_to_string(options, ', ') || ')')
      from relation where kind = 'r'
      union all
      select 3, relation.name, row_number() over (order by contype desc, conname),
        format('alter table solark.%I add constraint %I %s', relation.name, conname, pg_get_constraintdef(pg_constraint.oid))
      from relation join pg_constraint on conrelid = relation.oid and contype in ('p', 'u', 'c')
      union all
      select 4, relation.name, 0, pg_get_indexdef(indexrelid)
      from relation join pg_index on indrelid = relation.oid
      where not exists (select from pg_constraint where conindid = indexrelid)
      union all
      select 5, name, 0, trim(trailing E'\n' from pg_get_functiondef(oid)) from own_function
      union all
      select 6, name, 0, format(E'create view solark.%I as\n%s', name, trim(trailing ';' from pg_get_viewdef(oid, true)))
      from relation where kind = 'v'
      union all
      select 6, tgname, 0, pg_get_triggerdef(pg_trigger.oid)
      from relation join pg_trigger on tgrelid = relation.oid and not tgisinternal
      union all
      select 7, name, 0, format('revoke execute on function %s from public', signature)
      from own_function
      where grants is not null and not exists (
        select from aclexplode(grants) where grantee = 0 and privilege_type = 'EXECUTE')
      union all
      select 8, relation.name, objsubid, format('comment on %s is %L',
        case when objsubid > 0 then format('column solark.%I.%I', relation.name, attname)
          when kind = 'S' then format('sequence solark.%I', relation.name)
          when kind = 'v' then format('view solark.%I', relation.name)
          else format('table solark.%I', relation.name) end, description)
      from relation
      join pg_description on objoid = relation.oid and classoid = 'pg_class'::regclass
      left join pg_attribute on attrelid = relation.oid and attnum = objsubid
      union all
      select 8, name, 0, format('comment on function %s is %L', signature, description)
      from own_function join pg_description on objoid = own_function.oid and classoid = 'pg_proc'::regclass
    )
    select text || E';\n' as statement from statement order by part, place collate "C", number, text collate "C"`.execute(
    kysely,
  )
  return rows.map(({ statement }) => statement).join('\n')
}
