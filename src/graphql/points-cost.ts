import { MOST_POINTS } from '../telemetry/history/span.ts'

/** So the most points with every field cost 41,000 and take 0.1 s of CPU, like the largest page of readings. */
const SHARE = 0.5

/** What a list of points costs: the most with every field are allowed once, and not under a second alias. */
export function pointsCost(points: number): { field: number; multiplier: number } {
  return { field: 1, multiplier: SHARE * Math.min(Math.max(1, points), MOST_POINTS) }
}
