-- Stamps a replaced reading with the transaction that replaces it, whatever the program. The feed depends on it.
--
-- Runs for each row, so it sets no search path, which would cost more than the rest. It uses no operator.
create or replace function solark.stamp_transaction() returns trigger language plpgsql as $$
begin
  new.txid := pg_catalog.pg_current_xact_id();
  return new;
end
$$;

create or replace trigger telemetry_stamped before update on solark.telemetry
for each row execute function solark.stamp_transaction();
