import { type Kysely, sql } from 'kysely'
import { commentColumns } from './comment.ts'
import { verifyRelation } from './verify.ts'

/** What a plant pays for energy from the grid, and is paid for energy into it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('solark.tariff')
    .addColumn('plant_id', 'integer', (column) => column.notNull())
    .addColumn('valid_from', 'date', (column) => column.notNull())
    .addColumn('currency', 'text', (column) => column.notNull())
    .addColumn('daily_charge', 'numeric(18, 10)', (column) => column.notNull())
    .addColumn('import_rates', 'jsonb', (column) => column.notNull())
    .addColumn('export_rates', 'jsonb', (column) => column.notNull())
    .addPrimaryKeyConstraint('tariff_pkey', ['plant_id', 'valid_from'])
    .execute()
  await sql`comment on table solark.tariff is 'Tariffs of plants; one applies until the next of the same plant'`.execute(
    db,
  )
  await commentColumns(db, 'solark.tariff', {
    valid_from: "The first day, by the plant's clock",
    currency: 'ISO 4217',
    daily_charge: 'In the currency, for each day',
    import_rates: 'Per kWh from the grid, as setTariff takes them',
    export_rates: 'Per kWh into the grid, as setTariff takes them',
  })
  // The key finds the prices of a time: none is longer than a day.
  await db.schema
    .createTable('solark.price')
    .addColumn('plant_id', 'integer', (column) => column.notNull())
    .addColumn('start', 'timestamptz', (column) => column.notNull())
    .addColumn('until', 'timestamptz', (column) => column.notNull())
    .addColumn('currency', 'text', (column) => column.notNull())
    .addColumn('import_price', 'numeric(18, 10)', (column) => column.notNull())
    .addColumn('export_price', 'numeric(18, 10)')
    .addPrimaryKeyConstraint('price_pkey', ['plant_id', 'start'])
    .addCheckConstraint('price_length', sql`until > start and until <= start + interval '24 hours'`)
    .addCheckConstraint('price_number', sql`import_price <> 'NaN' and export_price <> 'NaN'`)
    .execute()
  await sql`comment on table solark.price is 'Prices that change by the hour or quarter of an hour, for tariffs with addPrices'`.execute(
    db,
  )
  await commentColumns(db, 'solark.price', {
    until: 'Exclusive',
    currency: 'ISO 4217',
    import_price: 'In the currency, per kWh from the grid',
    export_price: 'In the currency, per kWh into the grid; null if unknown',
  })
  await verifyRelation(db, 'solark.tariff')
  await verifyRelation(db, 'solark.price')
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('solark.price').execute()
  await db.schema.dropTable('solark.tariff').execute()
}
