import type { MigrationStep } from '../database/migration-steps.ts'
import { Fault } from '../fault.ts'
import type {
  ColumnStatus as Column,
  Hypertable as HypertableFacts,
  IndexStatus as Index,
  Extension as InstalledExtension,
  SchemaStatus as Status,
  StorageStatus as StoredIn,
  TableStatus as Table,
} from '../system/schema-status.ts'
import { builder } from './builder.ts'
import { MigrationStepRef } from './migration.ts'

const StorageKind = builder.enumType('StorageKind', {
  description: 'How solark.telemetry is stored.',
  values: ['HYPERTABLE', 'REGULAR_TABLE', 'MISSING'] as const,
})

const Storage = builder.objectRef<StoredIn>('Storage').implement({
  description: 'How the readings are stored, and for how long.',
  fields: (t) => ({
    kind: t.expose('kind', { type: StorageKind }),
    timescaledbVersion: t.exposeString('timescaledbVersion', {
      nullable: true,
      description: 'null if this database lacks the extension.',
    }),
    timescaledbLicense: t.exposeString('timescaledbLicense', {
      nullable: true,
      description: 'timescale or apache; compression and policies need timescale.',
    }),
    reason: t.exposeString('reason', {
      nullable: true,
      description: 'Why the table is regular or missing; null for a hypertable.',
    }),
    retention: t.expose('retention', {
      type: 'Duration',
      nullable: true,
      description:
        'RETENTION_DAYS: older readings are dropped, on a hypertable by whole chunks; null: kept forever.',
    }),
    rollupRetention: t.expose('rollupRetention', {
      type: 'Duration',
      nullable: true,
      description:
        'ROLLUP_RETENTION_DAYS: what is older is dropped from history and energy, too; null: kept forever.',
    }),
    compressAfter: t.expose('compressAfter', {
      type: 'Duration',
      nullable: true,
      description: 'COMPRESS_AFTER_DAYS: older chunks are compressed; null: none.',
    }),
    compressionReason: t.exposeString('compressionReason', {
      nullable: true,
      description: 'Why COMPRESS_AFTER_DAYS is not in effect; null if it is, or is not set.',
    }),
  }),
})

const ColumnStatus = builder.objectRef<Column>('ColumnStatus').implement({
  description: 'A column of a table.',
  fields: (t) => ({
    name: t.exposeString('name'),
    type: t.exposeString('type'),
    nullable: t.exposeBoolean('nullable'),
    comment: t.exposeString('comment', { nullable: true }),
  }),
})

const IndexStatus = builder.objectRef<Index>('IndexStatus').implement({
  description: 'An index of a table.',
  fields: (t) => ({
    name: t.exposeString('name'),
    definition: t.exposeString('definition'),
    sizeBytes: t.expose('sizeBytes', { type: 'SafeInt' }),
  }),
})

const TableStatus = builder.objectRef<Table>('TableStatus').implement({
  description: 'A table or a view.',
  fields: (t) => ({
    schema: t.exposeString('schema'),
    name: t.exposeString('name'),
    kind: t.exposeString('kind', {
      description:
        'table, partitioned table, hypertable, view, materialized view or foreign table.',
    }),
    estimatedRows: t.expose('estimatedRows', {
      type: 'SafeInt',
      description: "The planner's estimate; exact counts are in systemStats.",
    }),
    sizeBytes: t.expose('sizeBytes', {
      type: 'SafeInt',
      description: 'Including indexes, TOAST and chunks.',
    }),
    columns: t.expose('columns', { type: [ColumnStatus], complexity: { multiplier: 20 } }),
    indexes: t.expose('indexes', { type: [IndexStatus] }),
  }),
})

const Extension = builder.objectRef<InstalledExtension>('Extension').implement({
  description: 'An extension of PostgreSQL that the database has.',
  fields: (t) => ({ name: t.exposeString('name'), version: t.exposeString('version') }),
})

const Hypertable = builder.objectRef<HypertableFacts>('Hypertable').implement({
  description: 'A table that TimescaleDB splits by time into chunks.',
  fields: (t) => ({
    schema: t.exposeString('schema'),
    name: t.exposeString('name'),
    chunks: t.exposeInt('chunks'),
    chunkInterval: t.expose('chunkInterval', { type: 'Duration' }),
    compressionEnabled: t.exposeBoolean('compressionEnabled'),
    retention: t.expose('retention', {
      type: 'Duration',
      nullable: true,
      description:
        'Older rows are dropped, by RETENTION_DAYS or a policy of TimescaleDB; null: kept forever.',
    }),
  }),
})

const SchemaStatus = builder.objectRef<Status>('SchemaStatus').implement({
  description: 'What the database catalog contains.',
  fields: (t) => ({
    serverVersion: t.exposeString('serverVersion'),
    storage: t.expose('storage', {
      type: Storage,
      description:
        "What the database can do: TimescaleDB's version and licence, or why the table is regular.",
    }),
    tables: t.expose('tables', {
      type: [TableStatus],
      complexity: { multiplier: 20 },
      description: 'Tables and views of users; chunks count as their hypertable.',
    }),
    extensions: t.expose('extensions', { type: [Extension] }),
    hypertables: t.expose('hypertables', { type: [Hypertable] }),
    migrations: t.field({ type: [MigrationStepRef], resolve: migrationsOf }),
    pendingMigrations: t.int({
      resolve: (status) => migrationsOf(status).filter(({ status }) => status === 'PENDING').length,
    }),
    timestamp: t.field({ type: 'DateTime', resolve: () => new Date() }),
  }),
})

function migrationsOf({ migrations }: Status): MigrationStep[] {
  if (migrations instanceof Fault) throw migrations
  return migrations
}

/** Statements that take PostgreSQL 14 ms, and this process 1 ms. */
const CATALOG = 1500

builder.queryField('schemaStatus', (t) =>
  t.field({
    type: SchemaStatus,
    complexity: CATALOG,
    resolve: (_, __, { readSchemaStatus }) => readSchemaStatus(),
  }),
)
