import { dateOf } from '../database/instant.ts'
import { durationText } from '../milliseconds.ts'
import type { SourceState } from '../telemetry/source-state.ts'
import { builder } from './builder.ts'
import { PlantRef } from './plant.ts'
import { STATEMENT } from './query-cost.ts'

const SourceStatus = builder.enumType('SourceStatus', {
  description: 'Whether a source gives readings.',
  values: {
    WORKING: { description: 'A server polls it or listens to it, and it gave readings last time.' },
    FAILING: {
      description: 'A server asks it again and again, and it gives no readings; see lastError.',
    },
    UNUSED: { description: 'No server polls it at present.' },
  } as const,
})

const Source = builder.objectRef<SourceState>('Source').implement({
  description:
    'A source that the server reads itself: one of the configuration, or the simulation.',
  fields: (t) => ({
    name: t.exposeString('name'),
    kind: t.exposeString('kind', { description: 'Such as mqtt, modbus or simulated.' }),
    status: t.field({
      type: SourceStatus,
      resolve: ({ isHeld, failingSince }) =>
        isHeld ? (failingSince === null ? 'WORKING' : 'FAILING') : 'UNUSED',
    }),
    lastReadingAt: t.field({
      type: 'DateTime',
      nullable: true,
      resolve: ({ lastReadingAt }) => (lastReadingAt === null ? null : dateOf(lastReadingAt)),
    }),
    lastError: t.exposeString('lastError', {
      nullable: true,
      description: 'Why it last gave no readings; null if it never failed.',
    }),
    readings24h: t.exposeInt('readings', { description: 'New readings in the last 24 hours.' }),
    duplicates24h: t.exposeInt('duplicates', {
      description: 'Readings in the last 24 hours that were stored already.',
    }),
    doubtful24h: t.exposeInt('doubtful', {
      description:
        'Values in the last 24 hours that could not be right, and were corrected or omitted.',
    }),
    expectedInterval: t.field({
      type: 'Duration',
      description: 'How often it gives a reading.',
      resolve: ({ everyMs }) => durationText(everyMs),
    }),
  }),
})

builder.objectField(PlantRef, 'sources', (t) =>
  t.field({
    type: [Source],
    description: 'Where its readings come from, if the server polls sources itself.',
    complexity: STATEMENT,
    resolve: ({ id }, _, { sources }) => sources.load(id),
  }),
)
