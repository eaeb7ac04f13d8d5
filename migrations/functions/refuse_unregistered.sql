-- When the transaction ends: refuses to take a plant out of solark.plant that has readings. Readings and plant may go
-- in any order, and the row of a plant may be made anew.
--
-- A foreign key would do that too, but each writer would lock the row of its plant. The price: a reading that is
-- written while its plant goes may come through. It registers the plant with the next one.
create or replace function solark.refuse_unregistered() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if exists (select from solark.plant where id = old.id) then
    return null;
  end if;
  -- In the order of the key: a planner that expects many would look for one from the table's start.
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

-- PostgreSQL does not replace constraint triggers.
drop trigger if exists plant_kept on solark.plant;

create constraint trigger plant_kept after delete or update of id on solark.plant
deferrable initially deferred
for each row execute function solark.refuse_unregistered();
