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
import {
  LARGEST_BATCH,
  MOST_ISSUES,
  type ReadingIssue,
  type RecordReport,
  recordReadings,
} from '../telemetry/record.ts'
import { builder } from './builder.ts'
import { STATEMENT } from './query-cost.ts'
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

const OnInvalid = builder.enumType('OnInvalid', {
  description:
    'What to do if a reading cannot be stored, because its plantId or its timestamp is out of range.',
  values: {
    REFUSE: { description: 'The call is refused, and nothing of it is stored.' },
    KEEP_VALID: { description: 'The other readings are stored; issues tells of this one.' },
  } as const,
})

const IssueAction = builder.enumType('IssueAction', {
  description: 'What was done about a value, or a reading, that cannot be right.',
  values: {
    CORRECTED: { description: 'The nearest possible value was stored.' },
    OMITTED: { description: 'null was stored instead, as not measured.' },
    REFUSED: { description: 'The whole reading was not stored.' },
  } as const,
})

const ReadingIssueRef = builder.objectRef<ReadingIssue>('ReadingIssue').implement({
  description: 'What cannot be right in a reading that was sent, and what was done about it.',
  fields: (t) => ({
    index: t.exposeInt('index', { description: 'Its place among the readings, from 0.' }),
    field: t.exposeString('field', { description: 'The field of TelemetryInput.' }),
    expected: t.exposeString('expected', { description: 'In words, such as "0 to 100 %".' }),
    got: t.exposeString('got'),
    action: t.expose('action', { type: IssueAction }),
  }),
})

const RecordTelemetryPayload = builder.objectRef<RecordReport>('RecordTelemetryPayload').implement({
  description: 'received = inserted + duplicates + refused.',
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
    refused: t.exposeInt('refused', {
      description: 'Readings that were not stored; more than 0 only if onInvalid is KEEP_VALID.',
    }),
    issueCount: t.exposeInt('issueCount', {
      description: 'Values that were corrected or omitted, and readings that were refused.',
    }),
    issues: t.expose('issues', {
      type: [ReadingIssueRef],
      description: `The first ${MOST_ISSUES} of them, in the order of the readings.`,
    }),
  }),
})

builder.mutationField('recordTelemetry', (t) =>
  t.field({
    type: RecordTelemetryPayload,
    description: `Store readings, at most ${LARGEST_BATCH} a call, all or none. If a reading of the same plant and instant already exists, it stays and the new one is counted as a duplicate, or it is replaced if onDuplicate says so. An impossible value does not reject its reading. If it is just outside its limits, it is set to the limit (a soc of 100.4 to 100, a pvPower of -11 to 0). Otherwise null is stored (a loadPower of -8000, a register that shows 65535). issues lists both. Needs the ingest or admin role.`,
    extensions: needsRole('ingest'),
    complexity: STATEMENT,
    args: {
      readings: t.arg({
        type: [TelemetryInput],
        required: true,
        extensions: { longest: LARGEST_BATCH },
      }),
      onDuplicate: t.arg({ type: OnDuplicate, required: true, defaultValue: 'KEEP' }),
      onInvalid: t.arg({ type: OnInvalid, required: true, defaultValue: 'REFUSE' }),
    },
    resolve: async (
      _,
      { readings, onDuplicate, onInvalid },
      { role, database, plantLimits, valueIssues, recorded },
    ) => {
      requireRole(role, 'ingest')
      const now = instantOf(new Date())
      const report = await recordReadings(
        database.kysely,
        readings.map((input) => readingOf(input, now)),
        {
          onDuplicate,
          onInvalid,
          now,
          limitsOf: await plantLimits.read(),
          onIssue: (...issue) => valueIssues.add(...issue),
        },
      )
      recorded.add(report)
      return report
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
      "Delete a plant's readings in a range, such as an import with wrong signs, and what its counters showed in it; returns how many readings. Needs the admin role.",
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
