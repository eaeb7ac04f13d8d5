-- Forgets the counters of plants that are deleted from solark.plant: at commit, since the row of a plant may be
-- inserted again. A foreign key would do the same, but refuse TRUNCATE of solark.plant alone.
create or replace function solark.forget_counters() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from solark.counter;
  elsif not exists (select from solark.plant where id = old.id) then
    delete from solark.counter where plant_id = old.id;
  end if;
  return null;
end
$$;

create or replace trigger plants_counters after truncate on solark.plant
for each statement execute function solark.forget_counters();

-- CREATE OR REPLACE does not support constraint triggers.
do $$
begin
  if exists (select from pg_trigger where tgrelid = 'solark.plant'::regclass and tgname = 'plant_counters') then
    drop trigger plant_counters on solark.plant;
  end if;
end
$$;

create constraint trigger plant_counters after delete or update of id on solark.plant
deferrable initially deferred
for each row execute function solark.forget_counters();
