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
  description: 'What solark.telemetry is.',
  values: ['HYPERTABLE', 'REGULAR_TABLE', 'MISSING'] as const,
})

const Storage = builder.objectRef<StoredIn>('Storage').implement({
  fields: (t) => ({
    kind: t.expose('kind', { type: StorageKind }),
    timescaledbVersion: t.exposeString('timescaledbVersion', {
      nullable: true,
      description: 'null where the extension is not in this database.',
    }),
    timescaledbLicense: t.exposeString('timescaledbLicense', {
      nullable: true,
      description: 'timescale or apache; compression and policies need the former.',
    }),
    reason: t.exposeString('reason', {
      nullable: true,
      description: 'Why the table is a regular one or missing; null for a hypertable.',
    }),
    retention: t.expose('retention', {
      type: 'Duration',
      nullable: true,
      description:
        'RETENTION_DAYS: readings that are older are dropped, of a hypertable by whole chunks; null: kept for ever.',
    }),
    rollupRetention: t.expose('rollupRetention', {
      type: 'Duration',
      nullable: true,
      description:
        'ROLLUP_RETENTION_DAYS: what is older is gone from history and energy too; null: kept for ever.',
    }),
    compressAfter: t.expose('compressAfter', {
      type: 'Duration',
      nullable: true,
      description: 'COMPRESS_AFTER_DAYS: chunks that are older are compressed; null: none is.',
    }),
    compressionReason: t.exposeString('compressionReason', {
      nullable: true,
      description:
        'Why COMPRESS_AFTER_DAYS is not in force; null where it is, and where it is not set.',
    }),
  }),
})

const ColumnStatus = builder.objectRef<Column>('ColumnStatus').implement({
  fields: (t) => ({
    name: t.exposeString('name'),
    type: t.exposeString('type'),
    nullable: t.exposeBoolean('nullable'),
    comment: t.exposeString('comment', { nullable: true }),
  }),
})

const IndexStatus = builder.objectRef<Index>('IndexStatus').implement({
  fields: (t) => ({
    name: t.exposeString('name'),
    definition: t.exposeString('definition'),
    sizeBytes: t.expose('sizeBytes', { type: 'SafeInt' }),
  }),
})

const TableStatus = builder.objectRef<Table>('TableStatus').implement({
  fields: (t) => ({
    schema: t.exposeString('schema'),
    name: t.exposeString('name'),
    kind: t.exposeString('kind', {
      description:
        'table, partitioned table, hypertable, view, materialized view or foreign table.',
    }),
    estimatedRows: t.expose('estimatedRows', {
      type: 'SafeInt',
      description: 'What the planner believes; exact counts are in systemStats.',
    }),
    sizeBytes: t.expose('sizeBytes', {
      type: 'SafeInt',
      description: 'With indexes, TOAST and chunks.',
    }),
    columns: t.expose('columns', { type: [ColumnStatus], complexity: { multiplier: 20 } }),
    indexes: t.expose('indexes', { type: [IndexStatus] }),
  }),
})

const Extension = builder.objectRef<InstalledExtension>('Extension').implement({
  fields: (t) => ({ name: t.exposeString('name'), version: t.exposeString('version') }),
})

const Hypertable = builder.objectRef<HypertableFacts>('Hypertable').implement({
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
        'What is older is dropped, by RETENTION_DAYS or a policy of TimescaleDB; null: kept for ever.',
    }),
  }),
})

const SchemaStatus = builder.objectRef<Status>('SchemaStatus').implement({
  description: 'What the catalog of the database says.',
  fields: (t) => ({
    serverVersion: t.exposeString('serverVersion'),
    storage: t.expose('storage', {
      type: Storage,
      description:
        "What the database can do: TimescaleDB's version and licence, or why the table is a regular one.",
    }),
    tables: t.expose('tables', {
      type: [TableStatus],
      complexity: { multiplier: 20 },
      description: 'Tables and views of users; a hypertable stands for its chunks.',
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

/** Statements that take PostgreSQL 14 ms, and this process one. */
const CATALOG = 1500

builder.queryField('schemaStatus', (t) =>
  t.field({
    type: SchemaStatus,
    complexity: CATALOG,
    resolve: (_, __, { readSchemaStatus }) => readSchemaStatus(),
  }),
)
