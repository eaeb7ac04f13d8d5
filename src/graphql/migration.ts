import { dateOf } from '../database/instant.ts'
import type { MigrationStep, MigrationRun as Run } from '../database/migration-steps.ts'
import { builder } from './builder.ts'
import { STATEMENT } from './query-cost.ts'
import { needsRole, requireRole } from './role.ts'

const MigrationStepStatus = builder.enumType('MigrationStepStatus', {
  description: 'What became of a migration.',
  values: {
    APPLIED: {},
    PENDING: {},
    FAILED: {},
    NOT_EXECUTED: { description: 'A step before it failed.' },
  } as const,
})

export const MigrationStepRef = builder.objectRef<MigrationStep>('MigrationStep').implement({
  description: 'A migration: a change of the tables that is applied once.',
  fields: (t) => ({
    name: t.exposeString('name'),
    status: t.expose('status', { type: MigrationStepStatus }),
    appliedAt: t.field({
      type: 'DateTime',
      nullable: true,
      resolve: ({ appliedAt }) => (appliedAt === null ? null : dateOf(appliedAt)),
    }),
    error: t.exposeString('error', { nullable: true }),
  }),
})

const MigrationRunStatus = builder.enumType('MigrationRunStatus', {
  description: 'What came of a call of runMigration.',
  values: {
    APPLIED: { description: 'Pending migrations were applied.' },
    UP_TO_DATE: { description: 'There was nothing to apply.' },
    PLANNED: { description: 'A dry run: the pending steps would be applied.' },
    ALREADY_RUNNING: { description: 'Another process is migrating now.' },
    FAILED: {
      description: 'A step failed, and its error says why. The schema is unchanged.',
    },
  } as const,
})

const MigrationRun = builder.objectRef<Run>('MigrationRun').implement({
  description: 'What a call of runMigration did, or would do.',
  fields: (t) => ({
    status: t.expose('status', { type: MigrationRunStatus }),
    steps: t.expose('steps', {
      type: [MigrationStepRef],
      description: 'Every migration that the code or the database knows, in order.',
    }),
    notices: t.exposeStringList('notices', {
      description:
        'Notices and warnings of the database in order, or in a dry run what would happen.',
    }),
    durationMs: t.exposeFloat('durationMs'),
    timestamp: t.field({ type: 'DateTime', resolve: () => new Date() }),
  }),
})

builder.mutationField('runMigration', (t) =>
  t.field({
    type: MigrationRun,
    description:
      'Apply pending migrations, up to target if it is given; never backwards (an older target: FAILED with TARGET_BEHIND). Safe to repeat and to call concurrently: one call applies, the others return ALREADY_RUNNING at once, or UP_TO_DATE. Needs the admin role.',
    extensions: needsRole('admin'),
    complexity: 10 * STATEMENT,
    args: {
      target: t.arg.string({
        description: 'The last migration to apply; by default all.',
      }),
      dryRun: t.arg.boolean({
        required: true,
        defaultValue: false,
        description: 'Report what would be applied, and write nothing.',
      }),
    },
    resolve: (_, { target, dryRun }, { role, runMigration }) => {
      requireRole(role, 'admin')
      return runMigration({ target: target ?? undefined, dryRun })
    },
  }),
)
