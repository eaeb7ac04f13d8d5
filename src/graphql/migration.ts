import { dateOf } from '../database/instant.ts'
import type { MigrationStep, MigrationRun as Run } from '../database/migration-steps.ts'
import { builder } from './builder.ts'
import { STATEMENT } from './cost.ts'
import { needsRole, requireRole } from './role.ts'

const MigrationStepStatus = builder.enumType('MigrationStepStatus', {
  values: {
    APPLIED: {},
    PENDING: {},
    FAILED: {},
    NOT_EXECUTED: { description: 'Comes after a step that failed.' },
  } as const,
})

export const MigrationStepRef = builder.objectRef<MigrationStep>('MigrationStep').implement({
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
  values: {
    APPLIED: { description: 'Pending migrations were applied.' },
    UP_TO_DATE: { description: 'There was nothing to apply.' },
    PLANNED: { description: 'A dry run: the pending steps would be applied.' },
    ALREADY_RUNNING: { description: 'Somebody else is migrating at this moment.' },
    FAILED: {
      description: 'A step failed, its error says why; the schema is as it was before.',
    },
  } as const,
})

const MigrationRun = builder.objectRef<Run>('MigrationRun').implement({
  fields: (t) => ({
    status: t.expose('status', { type: MigrationRunStatus }),
    steps: t.expose('steps', {
      type: [MigrationStepRef],
      description: 'Every migration that the code or the database knows, in order.',
    }),
    notices: t.exposeStringList('notices', {
      description:
        'What the database said while it ran (RAISE NOTICE and warnings), or in a dry run what would happen, in order.',
    }),
    durationMs: t.exposeFloat('durationMs'),
    timestamp: t.field({ type: 'DateTime', resolve: () => new Date() }),
  }),
})

builder.mutationField('runMigration', (t) =>
  t.field({
    type: MigrationRun,
    description:
      'Apply pending migrations, up to target where it is given; only ever forward (an older target: FAILED with TARGET_BEHIND). Safe to repeat and safe to call from many places at once: one call applies, the others answer ALREADY_RUNNING at once, or UP_TO_DATE. Needs the admin role.',
    extensions: needsRole('admin'),
    complexity: 10 * STATEMENT,
    args: {
      target: t.arg.string({
        description: 'The last migration to apply; all of them where it is left out.',
      }),
      dryRun: t.arg.boolean({
        required: true,
        defaultValue: false,
        description: 'Say what would be applied; write nothing.',
      }),
    },
    resolve: (_, { target, dryRun }, { role, runMigration }) => {
      requireRole(role, 'admin')
      return runMigration({ target: target ?? undefined, dryRun })
    },
  }),
)
