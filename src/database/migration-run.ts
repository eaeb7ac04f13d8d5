import type { AppliedMigration } from './applied-migrations.ts'
import type { Instant } from './instant.ts'

export type MigrationRunStatus = 'APPLIED' | 'UP_TO_DATE' | 'PLANNED' | 'ALREADY_RUNNING' | 'FAILED'

export interface MigrationStep {
  name: string
  /** NOT_EXECUTED: comes after a step that failed. */
  status: 'APPLIED' | 'PENDING' | 'FAILED' | 'NOT_EXECUTED'
  appliedAt: Instant | null
  error: string | null
}

export interface MigrationRun {
  status: MigrationRunStatus
  steps: MigrationStep[]
  /** What the database said while it ran, in order; of a dry run, what the pending steps would do. */
  notices: string[]
  durationMs: number
}

/** How a run ended; `plans` is what the pending steps of a dry run would do. */
export type Outcome = Pick<MigrationRun, 'status' | 'steps'> & { plans?: string[] }

/** Every step that the code or the database knows, in the order of application. */
export function stepsOf(
  names: readonly string[],
  applied: readonly AppliedMigration[],
): MigrationStep[] {
  const appliedAt = new Map(applied.map((migration) => [migration.name, migration.appliedAt]))
  const unknown = applied.map(({ name }) => name).filter((name) => !names.includes(name))
  return [...names, ...unknown].map((name) => ({
    name,
    status: appliedAt.has(name) ? 'APPLIED' : 'PENDING',
    appliedAt: appliedAt.get(name) ?? null,
    error: null,
  }))
}

/** A run that this step ended, or that a refusal in its place kept from beginning. */
export function failed(
  steps: readonly MigrationStep[],
  step: string | undefined,
  error: string,
): Outcome {
  const at = steps.findIndex(({ name }) => name === step)
  return {
    status: 'FAILED',
    steps: steps.map((entry, index) => {
      if (index === at) return { ...entry, status: 'FAILED', error }
      if (index > at && entry.status === 'PENDING') return { ...entry, status: 'NOT_EXECUTED' }
      return entry
    }),
  }
}
