import { dateOf } from '../database/instant.ts'
import { KnownJson } from '../known-json.ts'
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
import { formatReadingKey, parseReadingKey } from '../telemetry/reading-key.ts'
import { ReadingText } from '../telemetry/reading-text.ts'
import { wholeSecond } from '../whole-second.ts'
import { asksOnly } from './asks-only.ts'
import { builder } from './builder.ts'
import { cacheable, cacheableWithinSecond } from './cacheable.ts'
import { globalId, idDescription, loadNodesOf } from './node.ts'
import { PlantRef } from './plant.ts'
import { LOOKUP } from './query-cost.ts'
import { record } from './record.ts'

/**
 * What a reading itself tells about its plant. A promise for each of a million readings would be half of their cost.
 */
const toldByReading: ReadonlySet<string> = new Set(['id', 'plantId', 'isSimulated', '__typename'])

/** A reading, however it was read. */
export type ShownReading = StoredReading | ReadingText

export const TelemetryRef = builder.objectRef<ShownReading>('Telemetry')

function numberOf(reading: ShownReading, field: NumberField): number | null {
  return reading instanceof ReadingText ? reading.number(field) : measured(field, reading[field])
}

function flagOf(reading: ShownReading, field: FlagField): boolean | null {
  return reading instanceof ReadingText ? reading.flag(field) : reading[field]
}

/** For the extensions of a field: its JSON if the reading is text. */
function textJson(json: (reading: ReadingText) => string) {
  return {
    json: new KnownJson((source) => (source instanceof ReadingText ? json(source) : undefined)),
  }
}

function idOf(reading: ShownReading): string {
  return globalId('Telemetry', formatReadingKey(reading))
}

/** The part of a signed power that flows in the given direction, never below zero. */
function oneSided(
  reading: ShownReading,
  field: 'batteryPower' | 'gridPower',
  direction: 1 | -1,
): number | null {
  const power = numberOf(reading, field)
  return power === null ? null : Math.max(0, direction * power)
}

TelemetryRef.implement({
  extensions: { ...cacheable, ...record },
  interfaces: [builder.nodeInterfaceRef()],
  description:
    'One reading of one plant: a row of solark.telemetry. Positive power flows towards the house; null means "not measured", never 0. Power that flows one way is never negative here: a stored negative value is shown as 0.',
  fields: (t) => {
    const number = (field: NumberField) =>
      t.float({
        nullable: true,
        description: quantityOf(field).description,
        extensions: textJson((reading) => reading.numberJson(field)),
        resolve: (reading) => numberOf(reading, field),
      })
    const flag = (field: FlagField) =>
      t.boolean({
        nullable: true,
        description: quantityOf(field).description,
        extensions: textJson((reading) => reading.flagJson(field)),
        resolve: (reading) => flagOf(reading, field),
      })
    return {
      id: t.id({
        description: `${idDescription} The reading of the same plant and instant keeps it if it is replaced.`,
        // Base64 has no character that JSON writes in another way.
        extensions: textJson((reading) => `"${idOf(reading)}"`),
        resolve: idOf,
      }),
      plantId: t.exposeInt('plantId', { description: 'The number of its plant.' }),
      plant: t.field({
        type: PlantRef,
        description: 'The plant that it was measured at.',
        complexity: LOOKUP,
        resolve: ({ plantId }, _, { plants }, info) =>
          asksOnly(info, toldByReading)
            ? unregistered(plantId)
            : plants.load(plantId).then((plant) => plant ?? unregistered(plantId)),
      }),
      timestamp: t.field({
        type: 'DateTime',
        description: 'When it was measured.',
        extensions: textJson((reading) => reading.timestampJson),
        resolve: ({ timestamp }) => dateOf(timestamp),
      }),
      createdAt: t.field({
        type: 'DateTime',
        description: 'When it was stored.',
        extensions: textJson((reading) => reading.createdAtJson),
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

loadNodesOf('Telemetry', (key, { readings }) => {
  const parsed = parseReadingKey(key)
  return parsed === undefined ? undefined : readings.load(parsed)
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
