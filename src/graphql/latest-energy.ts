import { abridge, Fault } from '../fault.ts'
import { millisecondsOf } from '../milliseconds.ts'
import { readLatestOf, readLatestOfAny } from '../telemetry/latest.ts'
import { builder } from './builder.ts'
import { cacheable } from './cacheable.ts'
import { eventCost, STATEMENT } from './query-cost.ts'
import { TelemetryRef } from './telemetry.ts'

builder.queryField('latestEnergy', (t) =>
  t.field({
    type: TelemetryRef,
    nullable: true,
    extensions: cacheable,
    description:
      'Newest reading of one plant, or of the plant that reported last (simulated plants only if no real plant has a reading). null if there is none.',
    args: { plantId: t.arg.int() },
    complexity: STATEMENT,
    resolve: async (_, { plantId }, { database }) => {
      const { kysely } = database
      return (
        (await (plantId == null ? readLatestOfAny(kysely) : readLatestOf(kysely, plantId))) ?? null
      )
    },
  }),
)

builder.subscriptionField('latestEnergy', (t) =>
  t.field({
    type: TelemetryRef,
    description:
      'Newest reading: the current one at once, then each newer one, or the previous one if the newest was deleted. Without plantId: the newest reading of every plant (simulated plants only if no real plant has a reading). A slow client receives the newest reading of each plant, never a backlog.',
    args: {
      plantId: t.arg.int(),
      minInterval: t.arg({
        type: 'Duration',
        description:
          'The shortest time between two readings of the same plant; in between, the newest waits.',
        extensions: { delivery: true }, // src/http/operations/operation-key.ts
      }),
    },
    complexity: eventCost(1),
    subscribe: (_, { plantId, minInterval }, { liveFeed }) =>
      liveFeed.latest.subscribe({
        ...(plantId == null ? {} : { plantId }),
        ...(minInterval == null ? {} : { minIntervalMs: intervalOf(minInterval) }),
      }),
    resolve: (reading) => reading,
  }),
)

function intervalOf(minInterval: string): number {
  const milliseconds = millisecondsOf(minInterval)
  if (milliseconds !== undefined && milliseconds >= 0) return milliseconds
  throw new Fault(
    'BAD_USER_INPUT',
    `Expected minInterval to be a duration such as PT5S; got ${abridge(minInterval)}`,
    { path: ['minInterval'] },
  )
}
