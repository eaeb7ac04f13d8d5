import { type Instant, instantOf } from '../database/instant.ts'
import {
  type FlagField,
  flagFields,
  type NumberField,
  numberFields,
  quantityOf,
  recordOf,
} from '../quantities.ts'
import { deleteReadings } from '../telemetry/delete.ts'
import { emptyReading, type Reading } from '../telemetry/reading.ts'
import type { RecordOutcome } from '../telemetry/record.ts'
import { LARGEST_BATCH, recordReadings } from '../telemetry/record.ts'
import { builder } from './builder.ts'
import { STATEMENT } from './cost.ts'
import { needsRole, requireRole } from './role.ts'

const TelemetryInput = builder.inputType('TelemetryInput', {
  description: 'A reading to store. A quantity that is left out or null was not measured.',
  fields: (t) => {
    const number = (field: NumberField) => t.float({ description: quantityOf(field).description })
    const flag = (field: FlagField) => t.boolean({ description: quantityOf(field).description })
    return {
      plantId: t.int({ required: true, description: '0 or more.' }),
      timestamp: t.field({
        type: 'DateTime',
        description: 'When it was measured, from 2000 to five minutes from now; by default now.',
      }),
      ...recordOf(numberFields, number),
      ...recordOf(flagFields, flag),
    }
  },
})

const OnDuplicate = builder.enumType('OnDuplicate', {
  description: 'What to do with a reading whose plant and instant already exist.',
  values: {
    KEEP: { description: 'The stored reading stays.' },
    REPLACE: { description: 'The new reading replaces it, as a correction.' },
  } as const,
})

const RecordTelemetryPayload = builder
  .objectRef<RecordOutcome>('RecordTelemetryPayload')
  .implement({
    description: 'received = inserted + duplicates.',
    fields: (t) => ({
      received: t.exposeInt('received'),
      inserted: t.exposeInt('inserted'),
      duplicates: t.exposeInt('duplicates', {
        description:
          'Readings whose plant and instant already existed, stored or earlier in this call.',
      }),
      conflicts: t.exposeInt('conflicts', {
        description:
          'Duplicates whose values differ from the stored ones (kept or replaced, as requested).',
      }),
    }),
  })

builder.mutationField('recordTelemetry', (t) =>
  t.field({
    type: RecordTelemetryPayload,
    description: `Store readings, at most ${LARGEST_BATCH} a call, all or none. If a reading of the same plant and instant already exists, it stays and the new one is counted as a duplicate, or it is replaced if onDuplicate says so. Needs the ingest or admin role.`,
    extensions: needsRole('ingest'),
    complexity: STATEMENT,
    args: {
      readings: t.arg({
        type: [TelemetryInput],
        required: true,
        extensions: { longest: LARGEST_BATCH },
      }),
      onDuplicate: t.arg({ type: OnDuplicate, required: true, defaultValue: 'KEEP' }),
    },
    resolve: (_, { readings, onDuplicate }, { role, database }) => {
      requireRole(role, 'ingest')
      const now = instantOf(new Date())
      return recordReadings(
        database.kysely,
        readings.map((input) => readingOf(input, now)),
        { onDuplicate, now },
      )
    },
  }),
)

/** Field by field into one object: a batch has 10,000 of them. */
function readingOf(input: typeof TelemetryInput.$inferInput, now: Instant): Reading {
  const timestamp = input.timestamp == null ? now : instantOf(input.timestamp)
  const reading = emptyReading(input.plantId, timestamp)
  for (const field of numberFields) reading[field] = input[field] ?? null
  for (const field of flagFields) reading[field] = input[field] ?? null
  return reading
}

builder.mutationField('deleteTelemetry', (t) =>
  t.field({
    type: 'SafeInt',
    description:
      "Delete a plant's readings in a range, such as an import with wrong signs; returns how many. Needs the admin role.",
    extensions: needsRole('admin'),
    complexity: 10 * STATEMENT,
    args: {
      plantId: t.arg.int({ required: true }),
      from: t.arg({ type: 'DateTime', required: true, description: 'Inclusive.' }),
      to: t.arg({ type: 'DateTime', required: true, description: 'Exclusive.' }),
    },
    resolve: (_, { plantId, from, to }, { role, database }) => {
      requireRole(role, 'admin')
      return deleteReadings(database.kysely, { plantId, from: instantOf(from), to: instantOf(to) })
    },
  }),
)
