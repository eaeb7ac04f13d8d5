import type { GraphQLFormattedError } from 'graphql'
import { type Client, createClient } from 'graphql-ws'
import { graphql } from './generated/gql.ts'
import type {
  NewReadingsSubscription,
  NewReadingsSubscriptionVariables,
  StartCursorQuery,
} from './generated/graphql.ts'

const NewReadings = graphql(`
  subscription NewReadings($plantId: Int, $after: String) {
    telemetry(plantId: $plantId, after: $after) {
      cursor
      node {
        plant {
          plantId
        }
        timestamp
        soc
        pvPower
        batteryPower
        gridPower
        loadPower
      }
    }
  }
`)

const StartCursor = graphql(`
  query StartCursor {
    telemetryCursor
  }
`)

export type Edges = NewReadingsSubscription['telemetry']

/** These end a subscription that can go on from its cursor, on the same server or another one. */
const RESUMABLE = new Set<unknown>([
  'SLOW_CLIENT',
  'SERVER_STOPPING',
  'DATABASE_UNAVAILABLE',
  'BUSY',
])
const PAUSE_MS = 1000

/**
 * Hands over every reading exactly once, in the order of commits, until the function that it answers is called.
 * Whenever the connection breaks, graphql-ws connects and subscribes again, and sends the variables as they are by
 * then: with the cursor of the last reading that came. Keep that cursor where you keep the readings, and the same
 * holds across restarts of your program. Without a cursor it begins by asking for the one of now, so that nothing is
 * missed if the connection breaks before the first reading.
 *
 * `onEnd` is told of what no retry cures, such as CURSOR_EXPIRED or FORBIDDEN.
 */
export function followReadings(
  client: Client,
  start: NewReadingsSubscriptionVariables,
  { onReadings, onEnd }: { onReadings: (edges: Edges) => void; onEnd: (reason: unknown) => void },
): () => void {
  const variables = { ...start }
  let stop = () => {}
  let stopped = false

  const subscribe = (): void => {
    if (stopped) return
    if (variables.after == null) {
      askForStart()
      return
    }
    let ended: unknown
    stop = client.subscribe<NewReadingsSubscription>(
      { query: NewReadings.toString(), variables },
      {
        next: ({ data, errors }) => {
          ended = errors
          if (data == null) return
          variables.after = data.telemetry.at(-1)?.cursor
          onReadings(data.telemetry)
        },
        error: (reason) => end(reason),
        complete: () => end(ended),
      },
    )
  }

  const askForStart = (): void => {
    let ended: unknown
    stop = client.subscribe<StartCursorQuery>(
      { query: StartCursor.toString() },
      {
        next: ({ data, errors }) => {
          ended = errors
          variables.after = data?.telemetryCursor
        },
        error: (reason) => end(reason),
        complete: () => (variables.after == null ? end(ended) : subscribe()),
      },
    )
  }

  const end = (reason: unknown): void => {
    if (stopped) return
    if (codesOf(reason).some((code) => RESUMABLE.has(code))) setTimeout(subscribe, PAUSE_MS)
    else onEnd(reason)
  }

  subscribe()
  return () => {
    stopped = true
    stop()
  }
}

/** The codes of the errors that the server told of; none where the connection itself failed. */
function codesOf(reason: unknown): unknown[] {
  if (!Array.isArray(reason)) return []
  return reason.map((error: GraphQLFormattedError) => error.extensions?.code)
}

// node examples/follow-readings.ts ws://127.0.0.1:4000/graphql [cursor], with the token, if one is needed, in TOKEN.
if (import.meta.main) {
  const [url = 'ws://127.0.0.1:4000/graphql', after = null] = process.argv.slice(2)
  const { TOKEN } = process.env
  const client = createClient({
    url,
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: () => true,
    ...(TOKEN === undefined ? {} : { connectionParams: { authorization: `Bearer ${TOKEN}` } }),
  })
  const stop = followReadings(
    client,
    { after },
    {
      onReadings: (edges) => {
        for (const edge of edges) console.log(JSON.stringify(edge))
      },
      onEnd: (reason) => {
        console.error(reason)
        process.exitCode = 1
        client.dispose()
      },
    },
  )
  process.once('SIGINT', () => {
    stop()
    client.dispose()
  })
}
