-- Returns a time zone if the database knows it, else null: one plant with a zone that does not exist must not fail a
-- view of all.
create or replace function solark.known_zone(zone text) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  perform now() at time zone zone;
  return zone;
exception when invalid_parameter_value then
  return null;
end
$$;

-- Whoever may read a view may call what the view calls, even if PUBLIC has no default right to execute functions.
grant execute on function solark.known_zone(text) to public;

comment on function solark.known_zone is 'The time zone if the database knows it, else null';
