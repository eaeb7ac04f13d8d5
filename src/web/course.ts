import type { CoursePoint } from './questions.ts'

/** The lines of a chart, in the order in which they are drawn. */
export const lines = [
  { key: 'pvPower', kind: 'solar' },
  { key: 'loadPower', kind: 'house' },
  { key: 'batteryPower', kind: 'battery' },
  { key: 'gridPower', kind: 'grid' },
  { key: 'generatorPower', kind: 'generator' },
] as const
export type LineKey = (typeof lines)[number]['key']

/** Those that were measured. A generator that never ran is none. */
export function linesOf(points: readonly CoursePoint[]): readonly (typeof lines)[number][] {
  return lines.filter(({ key }) => {
    const values = points.map((point) => point[key]?.avg).filter((value) => value !== undefined)
    return key === 'generatorPower' ? values.some((value) => value > 0) : values.length > 0
  })
}

/** Where the buckets begin that were still open, or to come, at an instant; undefined if there are none. */
export function startOfTail(points: readonly CoursePoint[], since: number): number | undefined {
  const first = points.find(({ end }) => Date.parse(end) > since)
  return first === undefined ? undefined : Date.parse(first.start)
}

/** The points with those of the tail in place of the old ones, which were asked for again. */
export function joinTail(
  points: readonly CoursePoint[],
  tail: readonly CoursePoint[],
): readonly CoursePoint[] {
  const [first] = tail
  const last = tail.at(-1)
  if (first === undefined || last === undefined) return points
  return [
    ...points.filter(({ start }) => start < first.start),
    ...tail,
    ...points.filter(({ start }) => start > last.start),
  ]
}

/** The middle of a bucket, where its average is drawn. */
export function middleOf({ start, end }: CoursePoint): number {
  return (Date.parse(start) + Date.parse(end)) / 2
}
