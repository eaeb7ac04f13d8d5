import type { ColumnType, Generated } from 'kysely'
import type { MeasuredColumns } from '../quantities.ts'
import type { Instant } from './instant.ts'

/** Read as an Instant; written as text, which keeps the microseconds. */
type Timestamp = ColumnType<Instant, string | undefined, string>

/** One reading of one plant; the key is plant and timestamp. */
export interface TelemetryTable extends MeasuredColumns {
  id: Generated<number>
  plant_id: Generated<number>
  timestamp: Timestamp
  created_at: Timestamp
  txid: Generated<string>
}

export interface PlantTable {
  id: number
  name: ColumnType<string | null, string | null | undefined, string | null>
  time_zone: Generated<string>
  created_at: Timestamp
  /** W. */
  rated_power: ColumnType<number | null, number | null | undefined, number | null>
  /** Of PostgreSQL's type interval, as text; null: that of solark.rollup applies. */
  max_gap: ColumnType<string | null, string | null | undefined, string | null>
}

/** Ranges that were written and are not rolled up yet; see migrations/0003_changes.ts. */
export interface TelemetryChangeTable {
  plant_id: number
  first: Timestamp
  last: Timestamp
  /** Of the writer; null if the note is not part of the feed. */
  txid: string | null
  /** How many readings were added, or removed if negative. */
  readings: number
  noted_at: Timestamp
}

/** Ranges that were written and are rolled up; see migrations/0003_changes.ts. */
export interface TelemetryLogTable {
  txid: string
  plant_id: number
  first: Timestamp
  last: Timestamp
  noted_at: Timestamp
}

/** To which generation of the database the feed belongs: one row. */
export interface FeedTable {
  id: Generated<boolean>
  generation: string
  home: string | null
  floor: string
}

/** How the rollups are made: one row. */
export interface RollupTable {
  id: Generated<boolean>
  max_gap: ColumnType<string, string, string>
  readings: Generated<number>
  frozen_until: ColumnType<Instant | null, string | null, string | null>
  /** Of PostgreSQL's type tstzmultirange, as text. */
  kept: Generated<string>
}

/** What a run of retention did; see migrations/0005_retention.ts. */
export interface RetentionRunTable {
  id: Generated<number>
  ended_at: Timestamp
  readings: number
  chunks: number
  tiles: number
  compressed: number
  unfinished: string | null
  error: string | null
}

/** The tables that requests read and write. */
export interface Schema {
  'solark.plant': PlantTable
  'solark.telemetry': TelemetryTable
  /** Candidates for the newest reading of each plant, kept by the trigger; the greatest timestamp counts. */
  'solark.latest': TelemetryTable
  'solark.telemetry_change': TelemetryChangeTable
  'solark.telemetry_log': TelemetryLogTable
  'solark.feed': FeedTable
  'solark.rollup': RollupTable
  'solark.retention_run': RetentionRunTable
}
