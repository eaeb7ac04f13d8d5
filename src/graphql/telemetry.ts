import { dateOf } from '../database/instant.ts'
import {
  type FlagField,
  flagFields,
  type NumberField,
  numberFields,
  quantityOf,
  recordOf,
} from '../quantities.ts'
import { unregistered } from '../telemetry/plant.ts'
import { measured, type StoredReading } from '../telemetry/reading.ts'
import { wholeSecond } from '../whole-second.ts'
import { asksOnly } from './asks-only.ts'
import { builder } from './builder.ts'
import { cacheable, cacheableWithinSecond } from './cacheable.ts'
import { LOOKUP } from './cost.ts'
import { PlantRef } from './plant.ts'
import { record } from './record.ts'

/**
 * What a reading itself tells about its plant. A promise for each of a million readings would be half of their cost.
 */
const toldByReading: ReadonlySet<string> = new Set(['id', 'isSimulated', '__typename'])

export const TelemetryRef = builder.objectRef<StoredReading>('Telemetry')

/** The part of a signed power that flows in the given direction, never below zero. */
function oneSided(
  reading: StoredReading,
  field: 'batteryPower' | 'gridPower',
  direction: 1 | -1,
): number | null {
  const power = measured(field, reading[field])
  return power === null ? null : Math.max(0, direction * power)
}

TelemetryRef.implement({
  extensions: { ...cacheable, ...record },
  description:
    'One reading of one plant: a row of solark.telemetry. Positive power flows towards the house; null means "not measured", never 0. Power that flows one way is never negative here: a stored negative value is shown as 0.',
  fields: (t) => {
    const number = (field: NumberField) =>
      t.float({
        nullable: true,
        description: quantityOf(field).description,
        resolve: (reading) => measured(field, reading[field]),
      })
    const flag = (field: FlagField) =>
      t.exposeBoolean(field, { nullable: true, description: quantityOf(field).description })
    return {
      id: t.id({ resolve: ({ id }) => String(id) }),
      plant: t.field({
        type: PlantRef,
        complexity: LOOKUP,
        resolve: ({ plantId }, _, { plants }, info) =>
          asksOnly(info, toldByReading)
            ? unregistered(plantId)
            : plants.load(plantId).then((plant) => plant ?? unregistered(plantId)),
      }),
      timestamp: t.field({
        type: 'DateTime',
        description: 'When it was measured.',
        resolve: ({ timestamp }) => dateOf(timestamp),
      }),
      createdAt: t.field({
        type: 'DateTime',
        description: 'When it was stored.',
        resolve: ({ createdAt }) => dateOf(createdAt),
      }),
      ...recordOf(numberFields, number),
      ...recordOf(flagFields, flag),
      batteryCharge: t.float({
        nullable: true,
        description: 'W charging the battery, >= 0: batteryPower without a sign to remember.',
        resolve: (reading) => oneSided(reading, 'batteryPower', -1),
      }),
      batteryDischarge: t.float({
        nullable: true,
        description: 'W discharging the battery, >= 0.',
        resolve: (reading) => oneSided(reading, 'batteryPower', 1),
      }),
      gridImport: t.float({
        nullable: true,
        description: 'W taken from the grid, >= 0: gridPower without a sign to remember.',
        resolve: (reading) => oneSided(reading, 'gridPower', 1),
      }),
      gridExport: t.float({
        nullable: true,
        description: 'W fed into the grid, >= 0.',
        resolve: (reading) => oneSided(reading, 'gridPower', -1),
      }),
      ageSeconds: t.float({
        description: 'Whole seconds since the reading was measured.',
        extensions: cacheableWithinSecond,
        resolve: ({ timestamp }) => wholeSecond() / 1000 - Math.floor(timestamp / 1_000_000),
      }),
    }
  },
})

builder.objectField(PlantRef, 'latest', (t) =>
  t.field({
    type: TelemetryRef,
    nullable: true,
    extensions: cacheable,
    description: 'Its newest reading; null if it has none.',
    resolve: ({ latest }) => latest,
  }),
)
