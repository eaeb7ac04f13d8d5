import type { Service } from './user.ts'

/** What became of a user and of the server under one attack. */
export interface Outcome {
  name: string
  alone: Service
  attacked: Service
  /** The peak above what the server took at rest. */
  memoryMb: number
  /** How the process has ended; undefined: it lives. */
  ended: string | undefined
  /** Milliseconds after the attack until a new subscriber was sent something; undefined: not within half a minute. */
  recoveredMs: number | undefined
  /** Subscriptions that nobody has any more; undefined where nobody answers. */
  left: number | undefined
}

const heads = [
  'attack',
  'lost alone',
  'p50',
  'p99',
  'lost',
  'p50',
  'p99',
  'MB above rest',
  'process',
  'subscribing',
  'left',
]

/** The first lines of a table in Markdown. */
export const tableHead: string = lineOf(heads) + lineOf(heads.map(() => '---'))

/** The line of one attack. */
export function rowOf(outcome: Outcome): string {
  return lineOf(cells(outcome))
}

function lineOf(texts: readonly string[]): string {
  return `| ${texts.join(' | ')} |\n`
}

function cells({ name, alone, attacked, memoryMb, ended, recoveredMs, left }: Outcome): string[] {
  return [
    name,
    ...service(alone),
    ...service(attacked),
    memoryMb.toFixed(0),
    ended === undefined ? 'lives' : `ended with ${ended}`,
    recoveredMs === undefined ? 'not again' : `after ${(recoveredMs / 1000).toFixed(1)} s`,
    left === undefined ? '–' : `${left}`,
  ]
}

function service({ lost, sent, p50, p99 }: Service): string[] {
  const time = (value: number) =>
    Number.isNaN(value) ? '–' : `${value.toFixed(value < 10 ? 1 : 0)} ms`
  return [`${lost} of ${sent}`, time(p50), time(p99)]
}
