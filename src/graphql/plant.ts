import { type Plant, readPlants, unregistered, upsertPlant } from '../telemetry/plant.ts'
import { isSimulated } from '../telemetry/reading.ts'
import { builder } from './builder.ts'
import { pageCost, STATEMENT } from './cost.ts'
import { needsRole, requireRole } from './role.ts'

export const PlantRef = builder.objectRef<Plant>('Plant')

PlantRef.implement({
  description: 'A solar or battery plant: one inverter, or several that report as one.',
  fields: (t) => ({
    id: t.exposeInt('id'),
    name: t.exposeString('name', { nullable: true }),
    timeZone: t.expose('timeZone', {
      type: 'TimeZone',
      description: "The plant's days, months and years follow it.",
    }),
    isStale: t.boolean({
      description:
        'The newest reading is older than STALE_AFTER (default PT15M), or there is none.',
      resolve: ({ latest }, _, { staleAfter }) =>
        latest === null || latest.timestamp < (Date.now() - staleAfter) * 1000,
    }),
    isSimulated: t.boolean({
      description: 'Its readings come from the simulator: ids from 900001.',
      resolve: ({ id }) => isSimulated(id),
    }),
  }),
})

builder.queryFields((t) => ({
  plants: t.field({
    type: [PlantRef],
    description: 'Every plant that is registered or has sent a reading.',
    complexity: (_, { sizes }) => pageCost(sizes.plants),
    resolve: (_, __, { database }) => readPlants(database.kysely),
  }),
  plant: t.field({
    type: PlantRef,
    nullable: true,
    description: 'One plant; null if it is unknown.',
    args: { id: t.arg.int({ required: true }) },
    complexity: STATEMENT,
    resolve: async (_, { id }, { plants }) => (await plants.load(id)) ?? null,
  }),
}))

builder.mutationFields((t) => ({
  upsertPlant: t.field({
    type: PlantRef,
    description:
      'Name a plant and set its time zone; what is left out stays unchanged. Needs the admin role.',
    extensions: needsRole('admin'),
    complexity: 3 * STATEMENT,
    args: {
      id: t.arg.int({ required: true }),
      name: t.arg.string(),
      timeZone: t.arg({ type: 'TimeZone' }),
    },
    resolve: async (_, { id, name, timeZone }, { role, database, plants }) => {
      requireRole(role, 'admin')
      await upsertPlant(database.kysely, {
        id,
        ...(name === undefined ? {} : { name }),
        timeZone: timeZone ?? undefined,
      })
      return (await plants.load(id)) ?? unregistered(id)
    },
  }),
}))
