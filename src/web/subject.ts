import type { PlantNow } from './plants.ts'
import { words } from './words.ts'

/** What a view is about: one plant, or several as one. */
export interface Subject {
  /** At least one. */
  readonly plants: readonly PlantNow[]
  readonly isFleet: boolean
  /** By whose clock its days are: that of the plants; if they have different ones, that of the first. */
  readonly timeZone: string
}

/**
 * How live the picture of a subject is, while there is a connection (heliograph-page.ts). The server says by `isStale`
 * which plants are silent.
 *
 * - `live`: every plant sends readings;
 * - `incomplete`: some plants do and some do not, so nothing can be added up;
 * - `silent`: every plant has sent readings, and none does now;
 * - `empty`: a plant has never sent one, and none of the others does now.
 */
export type SubjectState = 'live' | 'incomplete' | 'silent' | 'empty'

export function onePlant(plant: PlantNow): Subject {
  return { plants: [plant], isFleet: false, timeZone: plant.timeZone }
}

/** All plants together, simulated ones only if there are no others; undefined if these are fewer than two. */
export function allTogether(plants: readonly PlantNow[]): Subject | undefined {
  const real = plants.filter(({ isSimulated }) => !isSimulated)
  const together = real.length > 0 ? real : plants
  const [first, second] = together
  if (first === undefined || second === undefined) return undefined
  return { plants: together, isFleet: true, timeZone: first.timeZone }
}

export function nameOf({ plants, isFleet }: Subject): string {
  const [first] = plants
  if (isFleet || first === undefined) return words.fleet.name
  return words.plantName(first.plantId, first.name)
}

export function idsOf({ plants }: Subject): number[] {
  return plants.map(({ plantId }) => plantId)
}

/** What queries about a subject depend on. */
export function keyOf(subject: Subject): readonly unknown[] {
  return [subject.isFleet, subject.timeZone, ...idsOf(subject)]
}

export function isSilent({ reading, isStale }: PlantNow): boolean {
  return reading === undefined || isStale
}

export function stateOf({ plants }: Subject): SubjectState {
  if (!plants.some(isSilent)) return 'live'
  if (!plants.every(isSilent)) return 'incomplete'
  return plants.every(({ reading }) => reading !== undefined) ? 'silent' : 'empty'
}

/** Milliseconds since the oldest of the newest readings; undefined if a plant has none. */
export function ageOf({ plants }: Subject): number | undefined {
  const ages = plants.map(({ age }) => age)
  const known = ages.filter((age) => age !== undefined)
  return known.length < ages.length ? undefined : Math.max(...known)
}

/** Whether the plants have different clocks. */
export function hasManyClocks({ plants }: Subject): boolean {
  return new Set(plants.map(({ timeZone }) => timeZone)).size > 1
}
