-- Refuses TRUNCATE of the readings in a transaction that keeps one snapshot from its beginning.
--
-- TRUNCATE removes readings that were committed after that snapshot. The triggers see only the notes and counts of the
-- snapshot, so those of the newest readings would stay.
create or replace function solark.refuse_old_snapshot() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
    raise exception 'Expected TRUNCATE of solark.telemetry in a transaction that is READ COMMITTED, got %',
        upper(current_setting('transaction_isolation'))
      using errcode = 'feature_not_supported',
        hint = 'Begin with BEGIN ISOLATION LEVEL READ COMMITTED, or use DELETE.';
  end if;
  return null;
end
$$;

create or replace trigger telemetry_before_truncate before truncate on solark.telemetry
for each statement execute function solark.refuse_old_snapshot();
