import type { Measure } from '../../measure.ts'

/** What the server has open, and how much is in use of what there is a bounded amount of. */
export interface ServerUse {
  readonly subscriptions: number
  readonly webSockets: number
  readonly eventStreams: number
  readonly usage: readonly { readonly name: string; readonly used: number; readonly most: number }[]
}

export function serverMeasures({
  subscriptions,
  webSockets,
  eventStreams,
  usage,
}: ServerUse): Measure[] {
  return [
    gauge('heliograph_subscriptions', 'Open subscriptions', subscriptions),
    gauge('heliograph_websocket_connections', 'Open WebSockets', webSockets),
    gauge('heliograph_event_streams', 'Open streams of server-sent events', eventStreams),
    ...usage.flatMap(({ name, used, most }) => [
      {
        ...gauge('heliograph_limit_used', 'How much is in use of what is limited', used),
        labels: { limit: name },
      },
      {
        ...gauge('heliograph_limit_max', 'How much of it there may be', most),
        labels: { limit: name },
      },
    ]),
  ]
}

function gauge(name: string, help: string, value: number): Measure {
  return { name, help, type: 'gauge', value }
}
