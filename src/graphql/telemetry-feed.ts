import { Fault } from '../fault.ts'
import { encodeFeedCursor } from '../telemetry/feed/feed-cursor.ts'
import { LARGEST_PAGE } from '../telemetry/page.ts'
import { builder } from './builder.ts'
import { eventCost, STATEMENT } from './query-cost.ts'
import { TelemetryEdgeRef } from './telemetry-connection.ts'

const DEFAULT_BATCH = 500

builder.queryField('telemetryCursor', (t) =>
  t.string({
    description:
      'A cursor of now for the subscription telemetry. Query it before you subscribe, and pass it as after: then nothing is missed that is committed from now on, also if the connection breaks before the first reading. What was committed just before may come, too.',
    complexity: 2 * STATEMENT,
    resolve: (_, __, { liveFeed }) => liveFeed.telemetry.cursor(),
  }),
)

builder.subscriptionField('telemetry', (t) =>
  t.field({
    type: [TelemetryEdgeRef],
    description:
      'Every reading exactly once, in batches, from just after the cursor on. The order is one of commits and the same for every subscriber. Resumes across reconnects and servers without gaps or repeats. Includes late readings, and replaced readings once more; a reading that was replaced or deleted before it was sent is left out. A long write transaction delays this feed, but never latestEnergy. A cursor older than FEED_RETENTION_DAYS, or from before the database was restored, is refused with CURSOR_EXPIRED. A client that does not read for SLOW_CLIENT_TIMEOUT is ended with SLOW_CLIENT, and can resume.',
    args: {
      plantId: t.arg.int({ description: 'By default every plant.' }),
      after: t.arg.string({
        description:
          'The cursor of the last edge received, or a telemetryCursor; by default the feed begins now.',
        extensions: { delivery: true }, // src/http/operations/operation-key.ts
      }),
      maxBatch: t.arg.int({
        required: true,
        defaultValue: DEFAULT_BATCH,
        description: `Readings at once, from 1 to ${LARGEST_PAGE}.`,
      }),
    },
    complexity: ({ maxBatch }) => eventCost(maxBatch),
    subscribe: (_, { plantId, after, maxBatch }, { liveFeed }) => {
      if (maxBatch < 1 || maxBatch > LARGEST_PAGE) {
        throw new Fault(
          'BAD_USER_INPUT',
          `Expected maxBatch to be from 1 to ${LARGEST_PAGE}; got ${maxBatch}`,
          { path: ['maxBatch'] },
        )
      }
      return liveFeed.telemetry.subscribe({
        plantId: plantId ?? undefined,
        after: after ?? undefined,
        maxBatch,
      })
    },
    resolve: ({ generation, readings }) =>
      readings.map((node) => ({
        cursor: () => encodeFeedCursor(node, generation),
        node,
      })),
  }),
)
