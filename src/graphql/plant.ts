import { abridge, Fault } from '../fault.ts'
import { durationText, millisecondsOf } from '../milliseconds.ts'
import { LARGEST_PAGE } from '../telemetry/page.ts'
import { type Plant, readPlantPage, unregistered, upsertPlant } from '../telemetry/plant.ts'
import { isSimulated, parsePlantId } from '../telemetry/reading.ts'
import { hasFallenSilent } from '../telemetry/source-state.ts'
import { builder } from './builder.ts'
import { cacheable, cacheableWithinSecond } from './cacheable.ts'
import type { Context } from './context.ts'
import { globalId, idDescription, loadNodesOf } from './node.ts'
import { pageCost, STATEMENT } from './query-cost.ts'
import { needsRole, requireRole } from './role.ts'

export const PlantRef = builder.objectRef<Plant>('Plant')

PlantRef.implement({
  extensions: cacheable,
  interfaces: [builder.nodeInterfaceRef()],
  description: 'A solar or battery plant: one inverter, or several that report as one.',
  fields: (t) => ({
    id: t.id({ description: idDescription, resolve: ({ id }) => plantNodeId(id) }),
    plantId: t.exposeInt('id', {
      description: 'Its number, which whoever sends its readings chose.',
    }),
    name: t.exposeString('name', { nullable: true }),
    timeZone: t.expose('timeZone', {
      type: 'TimeZone',
      description: "The plant's days, months and years follow it.",
    }),
    ratedPower: t.exposeFloat('ratedPower', {
      nullable: true,
      description: 'W; null if it is unknown.',
    }),
    maxGap: t.field({
      type: 'Duration',
      nullable: true,
      description:
        'Its own gap limit: neighbouring readings further apart are not joined by a line. null: MAX_GAP of the server applies.',
      resolve: ({ maxGap }) => (maxGap === null ? null : durationText(maxGap)),
    }),
    isStale: t.boolean({
      description:
        'Whether the plant has fallen silent: its newest reading is older than STALE_AFTER (default PT15M), and older than five intervals of each source that a server polls for it. Also true if there is no reading.',
      extensions: cacheableWithinSecond,
      resolve: (plant, _, context) => isStale(plant, context),
    }),
    isSimulated: t.boolean({
      description: 'Its readings come from the simulator: numbers from 900001.',
      resolve: ({ id }) => isSimulated(id),
    }),
  }),
})

/** Returns whether a plant has fallen silent (`hasFallenSilent`). */
export async function isStale(
  { id, latest }: Plant,
  { staleAfter, sources }: Context,
): Promise<boolean> {
  return await hasFallenSilent(latest, staleAfter, () => sources.load(id))
}

/** The global id of a plant. */
function plantNodeId(plantId: number): string {
  return globalId('Plant', plantId)
}

loadNodesOf('Plant', (key, { plants }) => {
  const plantId = parsePlantId(key)
  return plantId === undefined ? undefined : plants.load(plantId)
})

builder.queryFields((t) => ({
  plants: t.field({
    type: [PlantRef],
    extensions: cacheable,
    description:
      'Every plant that is registered or has sent a reading, in the order of their numbers. With thousands of plants, ask for pages: pass the last plantId as after. A page with fewer plants than first is the last one.',
    args: {
      first: t.arg.int({
        description: `So many plants, at most ${LARGEST_PAGE}; by default all.`,
      }),
      after: t.arg.int({ description: 'Plants with a higher number than this one.' }),
    },
    // The field itself refuses a larger page.
    complexity: ({ first }, { sizes }) =>
      pageCost(first == null ? sizes.plants : first > LARGEST_PAGE ? 0 : first),
    resolve: (_, page, { database }) => readPlantPage(database.kysely, page),
  }),
  plant: t.field({
    type: PlantRef,
    nullable: true,
    extensions: cacheable,
    description: 'One plant; null if it is unknown.',
    args: { plantId: t.arg.int({ required: true }) },
    complexity: STATEMENT,
    resolve: async (_, { plantId }, { plants }) => (await plants.load(plantId)) ?? null,
  }),
}))

builder.mutationFields((t) => ({
  upsertPlant: t.field({
    type: PlantRef,
    description:
      'Name a plant, and set its time zone and its limits; what is left out stays unchanged. Needs the admin role.',
    extensions: needsRole('admin'),
    complexity: 3 * STATEMENT,
    args: {
      plantId: t.arg.int({ required: true, description: '0 or more.' }),
      name: t.arg.string(),
      timeZone: t.arg({ type: 'TimeZone' }),
      ratedPower: t.arg.float({
        description:
          'W, above 0 and at most 1e9; null takes it back. Values that the plant cannot reach count as not measured from then on.',
      }),
      maxGap: t.arg({
        type: 'Duration',
        description:
          'Its own gap limit, from PT1S to P7D in whole milliseconds, such as PT1H5M for hourly readings; null: MAX_GAP of the server applies again. Choose it slightly longer than the interval between readings: each new reading makes the server roll up that much time before and after it again. If it changes, the readings of this plant are rolled up again, and history and energy follow it at once. Only history whose readings were dropped by retention stays as it is.',
      }),
    },
    resolve: async (
      _,
      { plantId: id, name, timeZone, ratedPower, maxGap },
      { role, database, plants, plantLimits },
    ) => {
      requireRole(role, 'admin')
      await upsertPlant(database.kysely, {
        id,
        ...(name === undefined ? {} : { name }),
        timeZone: timeZone ?? undefined,
        ...(ratedPower === undefined ? {} : { ratedPower }),
        ...(maxGap === undefined ? {} : { maxGap: maxGap === null ? null : gapOf(maxGap) }),
      })
      if (ratedPower !== undefined) plantLimits.forget()
      return (await plants.load(id)) ?? unregistered(id)
    },
  }),
}))

function gapOf(maxGap: string): number {
  const milliseconds = millisecondsOf(maxGap)
  if (milliseconds !== undefined) return milliseconds
  throw new Fault(
    'BAD_USER_INPUT',
    `Expected maxGap to be a duration such as PT20M; got ${abridge(maxGap)}`,
    { path: ['maxGap'] },
  )
}
