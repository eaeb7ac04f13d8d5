import { type Kysely, type RawBuilder, sql } from 'kysely'
import { columnOf, isSigned, type NumberField } from '../src/quantities.ts'
import { applyFunctions } from './apply-functions.ts'
import { commentColumns } from './comment.ts'
import { verifyRelation } from './verify.ts'

/** The kWh of a view: the power that each is the integral of, and for power that flows both ways the side. */
const energies: readonly [column: string, NumberField, 'above' | 'below', string][] = [
  ['pv_kwh', 'pvPower', 'above', 'kWh from the panels'],
  ['load_kwh', 'loadPower', 'above', 'kWh that the house used'],
  ['grid_import_kwh', 'gridPower', 'above', 'kWh taken from the grid'],
  ['grid_export_kwh', 'gridPower', 'below', 'kWh fed into the grid'],
  ['battery_charge_kwh', 'batteryPower', 'below', 'kWh charged into the battery'],
  ['battery_discharge_kwh', 'batteryPower', 'above', 'kWh discharged from the battery'],
  ['generator_kwh', 'generatorPower', 'above', 'kWh from a generator'],
]

const powers: readonly [column: string, NumberField, string][] = [
  ['pv_w', 'pvPower', 'Mean W from the panels'],
  ['load_w', 'loadPower', 'Mean W that the house used'],
  ['grid_w', 'gridPower', 'Mean W; + importing, - exporting'],
  ['battery_w', 'batteryPower', 'Mean W; + discharging, - charging'],
  ['generator_w', 'generatorPower', 'Mean W from a generator'],
]

const columnNames = sql.join([...energies, ...powers].map(([column]) => sql.ref(column)))

const READER = 'heliograph_reader'

/**
 * The kWh and means of the rollups as plain views, for those who read with SQL or Grafana, and a role that may read
 * nothing else.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await applyFunctions(db, ['known_zone'])
  await sql`
    create view solark.energy_quarter_hour as
    select plant_id, start, ${figures('each')}, covered / 9e8::double precision as coverage
    from solark.rollup_quarter`.execute(db)
  await createDays(db)
  await sql`comment on view solark.energy_quarter_hour is 'Energy of each plant in each quarter of an hour of UTC, from the rollups: some ten seconds behind the readings'`.execute(
    db,
  )
  await sql`comment on view solark.energy_day is 'Energy of each plant on each day of its own clock, from the rollups: some ten seconds behind the readings. Name the plants and days in WHERE, and no others are read. Exact since 2000, because since then days of all zones consist of whole quarters of an hour'`.execute(
    db,
  )
  const columns = Object.fromEntries([
    ...energies.map(([column, , , comment]) => [column, `${comment}; null: not measured`]),
    ...powers.map(([column, , comment]) => [column, `${comment}; null: not measured`]),
    ['coverage', 'Share of the time that readings cover, 0 to 1'],
  ])
  await commentColumns(db, 'solark.energy_quarter_hour', {
    plant_id: 'solark.plant.id',
    start: 'When the quarter of an hour begins',
    ...columns,
  })
  await commentColumns(db, 'solark.energy_day', {
    plant_id: 'solark.plant.id',
    day: "By the plant's clock",
    start: 'When the day begins',
    until: 'When the next day begins; a day may have 23 or 25 hours',
    ...columns,
  })
  await verifyRelation(db, 'solark.energy_quarter_hour')
  await verifyRelation(db, 'solark.energy_day')
  await admitReader(db)
}

/** The role stays: it belongs to the whole server, and other databases of it may know it. */
export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop view solark.energy_day`.execute(db)
  await sql`drop view solark.energy_quarter_hour`.execute(db)
  await sql`drop function solark.known_zone(text)`.execute(db)
}

/**
 * One lookup in the key for each day: joining days to tiles would read all tiles of a plant for each. Midnights that
 * the clock shows twice are the first ones, as in the API: `at time zone` takes the second.
 */
async function createDays(db: Kysely<unknown>): Promise<void> {
  const midnight = (day: RawBuilder<unknown>) => sql`(
    select case when (second - interval '1 hour') at time zone zone >= ${day} then second - interval '1 hour'
      else second end
    from (select ${day} at time zone zone as second) as shown
  )`
  await sql`
    create view solark.energy_day as
    select plant.id as plant_id, day::date as day, edge.start, edge.until, ${columnNames},
      covered_time / (date_part('epoch', edge.until - edge.start) * 1e6) as coverage
    from solark.plant
    cross join lateral (select solark.known_zone(plant.time_zone) as zone offset 0) as clock
    cross join lateral (
      select
        (select start from solark.rollup_quarter where plant_id = plant.id order by start limit 1) as first,
        (select start from solark.rollup_quarter where plant_id = plant.id order by start desc limit 1) as last
    ) as extent
    cross join lateral generate_series(
      date_trunc('day', first at time zone zone), date_trunc('day', last at time zone zone), interval '1 day'
    ) as date (day)
    cross join lateral (
      select ${midnight(sql`day`)} as start, ${midnight(sql`(day + interval '1 day')`)} as until
    ) as edge
    cross join lateral (
      select ${figures('sum')}, sum(covered)::double precision as covered_time
      from solark.rollup_quarter as tile
      where tile.plant_id = plant.id and tile.start >= edge.start and tile.start < edge.until
      having count(*) > 0
    ) as energy`.execute(db)
}

/** The columns of energies and powers, of each tile or added up over tiles. */
function figures(mode: 'each' | 'sum'): RawBuilder<unknown> {
  const of = (expression: RawBuilder<unknown>) =>
    mode === 'each' ? expression : sql`sum(${expression})::double precision`
  const part = (field: NumberField, name: string) => sql.ref(`${columnOf[field]}_${name}`)
  const joules = (field: NumberField, side: 'above' | 'below') => {
    const integral = part(field, 'integral')
    const positive = part(field, 'positive')
    if (!isSigned(field)) return of(integral)
    return side === 'above' ? of(positive) : sql`${of(positive)} - ${of(integral)}`
  }
  return sql.join([
    ...energies.map(
      ([column, field, side]) =>
        sql`case when ${of(part(field, 'integral'))} is not null then
          greatest(${joules(field, side)}, 0) / 3600000 end as ${sql.ref(column)}`,
    ),
    ...powers.map(([column, field]) => {
      const integral = part(field, 'integral')
      const covered = of(
        sql`case when ${integral} is null then 0 else coalesce(${part(field, 'covered')}, covered) end`,
      )
      return sql`case when ${covered} > 0 then ${of(integral)} / (${covered} / 1e6::double precision)
        else ${of(part(field, 'sum'))} / nullif(${of(part(field, 'count'))}, 0) end as ${sql.ref(column)}`
    }),
  ])
}

/**
 * Makes the role and lets it read the views. Roles belong to the whole server, so somebody else may make it at the same
 * time. If this role may not make roles, a notice says what to do; nothing else of the migration needs it.
 */
async function admitReader(db: Kysely<unknown>): Promise<void> {
  const grants = `grant usage on schema solark to ${READER}; grant select on solark.energy_day, solark.energy_quarter_hour to ${READER}`
  await sql`do ${sql.lit(`
    begin
      if to_regrole('${READER}') is null then
        create role ${READER};
      end if;
      ${grants};
    exception
      when duplicate_object or unique_violation then
        ${grants};
      when insufficient_privilege then
        raise notice using message = format(
          'The role ${READER}, which may read the views of energy alone, was not made: %s may not make roles. Let somebody who may run: create role ${READER}; ${grants}',
          current_user);
    end`)}`.execute(db)
}
