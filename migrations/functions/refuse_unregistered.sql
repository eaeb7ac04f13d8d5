-- Runs at commit, and refuses to delete a plant from solark.plant that has readings. Readings and plant may be deleted
-- in any order, and the row of a plant may be inserted again.
--
-- A foreign key would do the same, but each writer would lock the row of its plant. The price: a reading that is
-- written while its plant is being deleted may be accepted. The next reading registers the plant again.
create or replace function solark.refuse_unregistered() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if exists (select from solark.plant where id = old.id) then
    return null;
  end if;
  -- Ordered by the key, because a planner that expects many rows would scan the table from its start to find one.
  perform from solark.telemetry
  where plant_id = any (array[old.id]) order by plant_id, timestamp limit 1;
  if found then
    raise exception 'Plant % has readings in solark.telemetry, so it stays in solark.plant', old.id
      using errcode = 'foreign_key_violation',
        hint = format('Delete its readings first, such as by npm run delete -- --plant %s.', old.id);
  end if;
  return null;
end
$$;

-- CREATE OR REPLACE does not support constraint triggers.
do $$
begin
  if exists (select from pg_trigger where tgrelid = 'solark.plant'::regclass and tgname = 'plant_kept') then
    drop trigger plant_kept on solark.plant;
  end if;
end
$$;

create constraint trigger plant_kept after delete or update of id on solark.plant
deferrable initially deferred
for each row execute function solark.refuse_unregistered();
