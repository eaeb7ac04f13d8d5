/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** What the Range of an empty bucket contains. If it is filled in, avg, min and max are equal and coverage is 0. Never applies to energy. */
export type Fill =
  /** Linear interpolation between the nearest buckets that have an avg, from the middle of one to the middle of the other; nothing at the ends. */
  | 'LINEAR'
  /** Nothing. */
  | 'NULL'
  /** The avg of the last bucket before it that has one. */
  | 'PREVIOUS';

/** The whole has the status of its worst check. */
export type HealthStatus =
  | 'DEGRADED'
  | 'HEALTHY'
  | 'UNHEALTHY';

/** What was done about a value, or a reading, that cannot be right. */
export type IssueAction =
  /** The nearest possible value was stored. */
  | 'CORRECTED'
  /** null was stored instead, as not measured. */
  | 'OMITTED'
  /** The whole reading was not stored. */
  | 'REFUSED';

/** What came of a call of runMigration. */
export type MigrationRunStatus =
  /** Another process is migrating now. */
  | 'ALREADY_RUNNING'
  /** Pending migrations were applied. */
  | 'APPLIED'
  /** A step failed, and its error says why. The schema is unchanged. */
  | 'FAILED'
  /** A dry run: the pending steps would be applied. */
  | 'PLANNED'
  /** There was nothing to apply. */
  | 'UP_TO_DATE';

/** What became of a migration. */
export type MigrationStepStatus =
  | 'APPLIED'
  | 'FAILED'
  /** A step before it failed. */
  | 'NOT_EXECUTED'
  | 'PENDING';

/** What to do with a reading whose plant and instant already exist. */
export type OnDuplicate =
  /** The stored reading stays. */
  | 'KEEP'
  /** The new reading replaces it, as a correction. */
  | 'REPLACE';

/** What to do if a reading cannot be stored, because its plantId or its timestamp is out of range. */
export type OnInvalid =
  /** The other readings are stored; issues tells of this one. */
  | 'KEEP_VALID'
  /** The call is refused, and nothing of it is stored. */
  | 'REFUSE';

/** A calendar period; weeks begin on Monday. */
export type Period =
  | 'DAY'
  | 'HOUR'
  | 'MONTH'
  | 'WEEK'
  | 'YEAR';

/** What a kWh costs in a range of time. */
export type PriceInput = {
  /** Per kWh into the grid; may be negative. Left out: unknown. */
  export?: string | null | undefined;
  /** At a whole quarter of an hour. */
  from: string;
  /** Per kWh from the grid; may be negative. */
  import: string;
  /** Exclusive, at a whole quarter of an hour, at most 24 hours after from. */
  to: string;
};

/** When a rate applies, by the plant's clock. What is left out means always. */
export type RateWindowInput = {
  /** The time of the day in whole quarters of an hour, such as 16:00 or 21:45; by default 00:00. */
  from?: string | null | undefined;
  /** 1 to 12. */
  months?: Array<number> | null | undefined;
  /** Per kWh, in the currency; may be negative. */
  rate: string;
  /** Exclusive, after from; by default 24:00. A window over midnight is two: one to 24:00, one from 00:00. */
  to?: string | null | undefined;
  weekdays?: Array<Weekday> | null | undefined;
};

/** Whether a source gives readings. */
export type SourceStatus =
  /** A server asks it again and again, and it gives no readings; see lastError. */
  | 'FAILING'
  /** No server polls it at present. */
  | 'UNUSED'
  /** A server polls it or listens to it, and it gave readings last time. */
  | 'WORKING';

/** How solark.telemetry is stored. */
export type StorageKind =
  | 'HYPERTABLE'
  | 'MISSING'
  | 'REGULAR_TABLE';

/** What a kWh costs, by the time of use: one rate at each time. {rate: "0.31"} is a flat one. */
export type TariffRatesInput = {
  /** Add the price of recordPrices at each moment, for dynamic tariffs: then rate and windows are what comes on top of it. Where no price in the currency of the tariff is recorded, costs are unknown. By default false. */
  addPrices?: boolean | null | undefined;
  /** Per kWh, in the currency, where no window applies; may be negative. May be left out if the windows cover all time. */
  rate?: string | null | undefined;
  /** At most 100; none may overlap another. */
  windows?: Array<RateWindowInput> | null | undefined;
};

/** A reading to store. A quantity that is left out or null was not measured. */
export type TelemetryInput = {
  /** A; + discharging, - charging. */
  batteryCurrent?: number | null | undefined;
  /** W; + discharging, - charging. */
  batteryPower?: number | null | undefined;
  /** °C. */
  batteryTemperature?: number | null | undefined;
  /** Whether the battery feeds the load. */
  batteryToLoad?: boolean | null | undefined;
  /** V. */
  batteryVoltage?: number | null | undefined;
  /** W, >= 0: from a generator. */
  generatorPower?: number | null | undefined;
  /** W; + importing, - exporting. */
  gridPower?: number | null | undefined;
  /** W of grid power going to the load. */
  gridToLoad?: number | null | undefined;
  /** °C, of the heat sink. */
  inverterTemperature?: number | null | undefined;
  /** W, >= 0. */
  loadPower?: number | null | undefined;
  /** 0 or more. */
  plantId: number;
  /** A; of all PV strings together. */
  pvCurrent?: number | null | undefined;
  /** W, >= 0. */
  pvPower?: number | null | undefined;
  /** Whether PV charges the battery. */
  pvToBattery?: boolean | null | undefined;
  /** W of PV going to the grid. */
  pvToGrid?: number | null | undefined;
  /** Whether PV feeds the load. */
  pvToLoad?: boolean | null | undefined;
  /** V; of several PV strings the mean, weighted by current. */
  pvVoltage?: number | null | undefined;
  /** State of charge, %. */
  soc?: number | null | undefined;
  /** When it was measured, from 2000 to five minutes from now; by default now. */
  timestamp?: string | null | undefined;
};

/** A day of the week. */
export type Weekday =
  | 'FRIDAY'
  | 'MONDAY'
  | 'SATURDAY'
  | 'SUNDAY'
  | 'THURSDAY'
  | 'TUESDAY'
  | 'WEDNESDAY';

export type WhatIsKeptQueryVariables = Exact<{
  plantId: number;
  from: string;
  to: string;
}>;


export type WhatIsKeptQuery = { systemStats: { totalEnergySnapshots: number, plants: number }, latestEnergy: { timestamp: string, soc: number | null } | null, energy: Array<{ day: string, coverage: number, energy: { pv: number | null, load: number | null, gridImport: number | null, gridExport: number | null } }> };

export type CursorOfNowQueryVariables = Exact<{ [key: string]: never; }>;


export type CursorOfNowQuery = { telemetryCursor: string };

export type EveryReadingSubscriptionVariables = Exact<{
  after?: string | null | undefined;
}>;


export type EveryReadingSubscription = { telemetry: Array<{ cursor: string, node: { soc: number | null } }> };

export type EveryPlantQueryVariables = Exact<{ [key: string]: never; }>;


export type EveryPlantQuery = { plants: Array<{ plantId: number, isSimulated: boolean, latest: { timestamp: string } | null }> };

export type LatestReadingQueryVariables = Exact<{
  plantId?: number | null | undefined;
}>;


export type LatestReadingQuery = { latestEnergy: { timestamp: string, soc: number | null, plant: { plantId: number, isSimulated: boolean } } | null };

export type PageOfReadingsQueryVariables = Exact<{
  plantId?: number | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type PageOfReadingsQuery = { telemetry: { nodes: Array<{ timestamp: string, soc: number | null, pvPower: number | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type TotalsQueryVariables = Exact<{ [key: string]: never; }>;


export type TotalsQuery = { systemStats: { totalEnergySnapshots: number, plants: number, liveSubscriptions: number, latestEnergy: { soc: number | null, plant: { plantId: number } } | null } };

export type WholeStoryQueryVariables = Exact<{
  plantId: number;
}>;


export type WholeStoryQuery = { history: { points: Array<{ soc: { avg: number } | null }> }, energy: Array<{ energy: { pv: number | null } }>, fleet: { energy: Array<{ energy: { pv: number | null } }> }, telemetry: { nodes: Array<{ soc: number | null }>, pageInfo: { hasNextPage: boolean } }, systemStats: { totalEnergySnapshots: number }, latestEnergy: { soc: number | null } | null };

export type HourlyChartQueryVariables = Exact<{
  plantId: number;
  bucket?: string;
}>;


export type HourlyChartQuery = { history: { plant: { plantId: number }, points: Array<{ start: string, pvPower: { avg: number } | null }> } };

export type HealthReportQueryVariables = Exact<{ [key: string]: never; }>;


export type HealthReportQuery = { health: { status: HealthStatus, checks: Array<{ name: string, status: HealthStatus, detail: string | null }> } };

export type StorageStatusQueryVariables = Exact<{ [key: string]: never; }>;


export type StorageStatusQuery = { schemaStatus: { pendingMigrations: number, storage: { kind: StorageKind, reason: string | null }, migrations: Array<{ name: string, status: MigrationStepStatus }> } };

export type SendReadingsMutationVariables = Exact<{
  readings: Array<TelemetryInput> | TelemetryInput;
}>;


export type SendReadingsMutation = { recordTelemetry: { inserted: number, duplicates: number } };

export type ApplyMigrationsMutationVariables = Exact<{
  target?: string | null | undefined;
  dryRun?: boolean;
}>;


export type ApplyMigrationsMutation = { runMigration: { status: MigrationRunStatus, notices: Array<string>, steps: Array<{ name: string, status: MigrationStepStatus, error: string | null }> } };

export type LiveReadingsSubscriptionVariables = Exact<{
  plantId?: number | null | undefined;
  minInterval?: string | null | undefined;
}>;


export type LiveReadingsSubscription = { latestEnergy: { timestamp: string, soc: number | null, plant: { plantId: number } } };

export type LiveChargeSubscriptionVariables = Exact<{
  plantId?: number | null | undefined;
}>;


export type LiveChargeSubscription = { latestEnergy: { timestamp: string, soc: number | null } };

export type InForceQueryVariables = Exact<{ [key: string]: never; }>;


export type InForceQuery = { schemaStatus: { storage: { retention: string | null, rollupRetention: string | null, compressAfter: string | null, compressionReason: string | null }, hypertables: Array<{ name: string, retention: string | null, compressionEnabled: boolean }> } };

export type LiveWithPlantSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type LiveWithPlantSubscription = { latestEnergy: { soc: number | null, plant: { name: string | null } } };

export type ConnectedPlantQueryVariables = Exact<{ [key: string]: never; }>;


export type ConnectedPlantQuery = { plant: { sources: Array<{ name: string, kind: string, status: SourceStatus, readings24h: number, lastError: string | null }> } | null, latestEnergy: { batteryCharge: number | null, gridExport: number | null } | null };

export type RecordForRelayMutationVariables = Exact<{
  readings: Array<TelemetryInput> | TelemetryInput;
}>;


export type RecordForRelayMutation = { recordTelemetry: { inserted: number } };

export type AdoptedQueryVariables = Exact<{ [key: string]: never; }>;


export type AdoptedQuery = { telemetry: { nodes: Array<{ timestamp: string, soc: number | null, plant: { plantId: number } }> }, plants: Array<{ plantId: number, latest: { timestamp: string, soc: number | null } | null }>, schemaStatus: { storage: { kind: StorageKind } } };

export type SendMutationVariables = Exact<{
  readings: Array<TelemetryInput> | TelemetryInput;
}>;


export type SendMutation = { recordTelemetry: { inserted: number, duplicates: number } };

export type RunMutationVariables = Exact<{
  target?: string | null | undefined;
  dryRun?: boolean;
}>;


export type RunMutation = { runMigration: { status: MigrationRunStatus, notices: Array<string>, steps: Array<{ name: string, status: MigrationStepStatus, appliedAt: string | null, error: string | null }> } };

export type StatusQueryVariables = Exact<{ [key: string]: never; }>;


export type StatusQuery = { schemaStatus: { pendingMigrations: number, storage: { kind: StorageKind, timescaledbVersion: string | null, timescaledbLicense: string | null, reason: string | null }, tables: Array<{ schema: string, name: string, kind: string, columns: Array<{ name: string, type: string, nullable: boolean, comment: string | null }>, indexes: Array<{ name: string }> }>, hypertables: Array<{ schema: string, name: string, chunks: number, chunkInterval: string, compressionEnabled: boolean, retention: string | null }>, migrations: Array<{ name: string, status: MigrationStepStatus }> }, health: { status: HealthStatus, checks: Array<{ name: string, status: HealthStatus, detail: string | null }> } };

export type RecordEarlyMutationVariables = Exact<{
  readings: Array<TelemetryInput> | TelemetryInput;
}>;


export type RecordEarlyMutation = { recordTelemetry: { inserted: number } };

export type RecordPerhapsMutationVariables = Exact<{
  readings: Array<TelemetryInput> | TelemetryInput;
  record: boolean;
}>;


export type RecordPerhapsMutation = { __typename: 'Mutation', recordTelemetry?: { inserted: number } };

export type PerhapsFragment = { recordTelemetry?: { inserted: number } };

export type EverythingQueryVariables = Exact<{ [key: string]: never; }>;


export type EverythingQuery = { plants: Array<{ id: string, plantId: number, name: string | null }>, telemetry: { nodes: Array<{ id: string, plantId: number, soc: number | null, plant: { id: string, plantId: number } }> } };

export type OneNodeQueryVariables = Exact<{
  id: string | number;
}>;


export type OneNodeQuery = { node:
    | { __typename: 'Plant', plantId: number, name: string | null, id: string, latest: { soc: number | null } | null }
    | { __typename: 'Telemetry', plantId: number, soc: number | null, id: string, plant: { id: string, plantId: number } }
   | null };

export type NodesQueryVariables = Exact<{
  ids: Array<string | number> | string | number;
}>;


export type NodesQuery = { nodes: Array<
    | { id: string }
    | { timestamp: string, soc: number | null, id: string }
   | null> };

export type MeteredQueryVariables = Exact<{
  from: string;
  to: string;
  period: Period;
}>;


export type MeteredQuery = { energy: Array<{ day: string, energy: { pv: number | null }, metered: { pv: number | null, load: number | null, gridImport: number | null, gridExport: number | null, batteryCharge: number | null, batteryDischarge: number | null, generator: number | null } }> };

export type DeleteCountedMutationVariables = Exact<{
  from: string;
  to: string;
}>;


export type DeleteCountedMutation = { deleteTelemetry: number };

export type EnergyOfYearQueryVariables = Exact<{
  plantId: number;
}>;


export type EnergyOfYearQuery = { energy: Array<{ energy: { pv: number | null, load: number | null, gridImport: number | null, gridExport: number | null, batteryCharge: number | null, batteryDischarge: number | null } }> };

export type EnergyOfFileQueryVariables = Exact<{
  plantId: number;
  from: string;
  to: string;
}>;


export type EnergyOfFileQuery = { energy: Array<{ energy: { pv: number | null, load: number | null, gridImport: number | null, gridExport: number | null, batteryCharge: number | null, batteryDischarge: number | null } }> };

export type SourcesOfPlantQueryVariables = Exact<{ [key: string]: never; }>;


export type SourcesOfPlantQuery = { plant: { sources: Array<{ name: string, kind: string, status: SourceStatus, lastReadingAt: string | null, lastError: string | null, readings24h: number, duplicates24h: number, doubtful24h: number, expectedInterval: string }> } | null };

export type StalePlantsQueryVariables = Exact<{ [key: string]: never; }>;


export type StalePlantsQuery = { plants: Array<{ plantId: number, isStale: boolean }> };

export type StaleFleetQueryVariables = Exact<{ [key: string]: never; }>;


export type StaleFleetQuery = { fleet: { latest: { pvPower: number | null, missing: Array<{ plantId: number }> } } };

export type DirectionsQueryVariables = Exact<{
  plantId: number;
  from: string;
  to: string;
}>;


export type DirectionsQuery = { latestEnergy: { batteryCharge: number | null, batteryDischarge: number | null, gridExport: number | null, gridImport: number | null, pvPower: number | null } | null, energy: Array<{ energy: { batteryCharge: number | null, batteryDischarge: number | null, gridExport: number | null, gridImport: number | null, pv: number | null } }> };

export type RecordNumberedMutationVariables = Exact<{
  readings: Array<TelemetryInput> | TelemetryInput;
}>;


export type RecordNumberedMutation = { recordTelemetry: { received: number, inserted: number, duplicates: number, conflicts: number } };

export type FollowNewestSubscriptionVariables = Exact<{
  plantId: number;
}>;


export type FollowNewestSubscription = { latestEnergy: { timestamp: string } };

export type StatsQueryVariables = Exact<{ [key: string]: never; }>;


export type StatsQuery = { systemStats: { totalEnergySnapshots: number, energySnapshots24h: number, totalConversations: number, conversationsToday: number, agentEvents24h: number, plants: number, liveSubscriptions: number, databaseSizeBytes: number, latestEnergy: { plant: { plantId: number } } | null } };

export type PlantsQueryVariables = Exact<{ [key: string]: never; }>;


export type PlantsQuery = { plants: Array<{ plantId: number, name: string | null, timeZone: string, isStale: boolean, isSimulated: boolean, latest: { soc: number | null, batteryCharge: number | null, batteryDischarge: number | null, gridImport: number | null, gridExport: number | null, ageSeconds: number } | null }>, latestEnergy: { soc: number | null } | null, silent: { soc: number | null } | null, unknown: { plantId: number } | null };

export type UpsertMutationVariables = Exact<{
  id: number;
  name?: string | null | undefined;
  timeZone?: string | null | undefined;
}>;


export type UpsertMutation = { upsertPlant: { plantId: number, name: string | null, timeZone: string, isStale: boolean } };

export type NameOnlyMutationVariables = Exact<{
  id: number;
  name?: string | null | undefined;
}>;


export type NameOnlyMutation = { upsertPlant: { name: string | null, timeZone: string } };

export type PagesQueryVariables = Exact<{ [key: string]: never; }>;


export type PagesQuery = { telemetry: { nodes: Array<{ plant: { telemetry: { nodes: Array<{ plant: { telemetry: { nodes: Array<{ soc: number | null }> } } }> } } }> } };

export type DashboardQueryVariables = Exact<{ [key: string]: never; }>;


export type DashboardQuery = { plants: Array<{ plantId: number, telemetry: { nodes: Array<{ timestamp: string, soc: number | null, pvPower: number | null, loadPower: number | null, batteryPower: number | null, gridPower: number | null }> } }> };

export type CostsQueryVariables = Exact<{
  plantId: number;
  from: string;
  to: string;
  period?: Period | null | undefined;
  timeZone?: string | null | undefined;
}>;


export type CostsQuery = { costs: Array<{ day: string, currency: string | null, importCost: string | null, exportRevenue: string | null, dailyCharge: string | null, total: string | null, savings: string | null, coverage: number, savingsCoverage: number }> };

export type SetTariffMutationVariables = Exact<{
  plantId: number;
  validFrom: string;
  currency: string;
  dailyCharge: string;
  import: TariffRatesInput;
  export: TariffRatesInput;
}>;


export type SetTariffMutation = { setTariff: { validFrom: string } };

export type TariffsQueryVariables = Exact<{
  plantId: number;
}>;


export type TariffsQuery = { tariffs: Array<{ validFrom: string, currency: string, dailyCharge: string, import: { rate: string | null, addPrices: boolean, windows: Array<{ rate: string, months: Array<number>, weekdays: Array<Weekday>, from: string, to: string }> }, export: { rate: string | null } }> };

export type DeleteTariffMutationVariables = Exact<{
  validFrom: string;
}>;


export type DeleteTariffMutation = { deleteTariff: boolean };

export type RecordPricesMutationVariables = Exact<{
  plantId: number;
  currency: string;
  prices: Array<PriceInput> | PriceInput;
}>;


export type RecordPricesMutation = { recordPrices: number };

export type PricesQueryVariables = Exact<{
  plantId: number;
  from: string;
  to: string;
}>;


export type PricesQuery = { prices: Array<{ from: string, to: string, currency: string, import: string, export: string | null }> };

export type DeletePricesMutationVariables = Exact<{
  plantId: number;
  from: string;
  to: string;
}>;


export type DeletePricesMutation = { deletePrices: number };

export type ExactCostsQueryVariables = Exact<{
  from: string;
  to: string;
}>;


export type ExactCostsQuery = { days: Array<{ start: string, end: string, importCost: string | null, exportRevenue: string | null, dailyCharge: string | null, savings: string | null, coverage: number, savingsCoverage: number }>, year: Array<{ start: string, end: string, importCost: string | null, exportRevenue: string | null, dailyCharge: string | null, savings: string | null, coverage: number, savingsCoverage: number }>, energyOfDays: Array<{ energy: { gridImport: number | null, gridExport: number | null } }> };

export type AmountsFragment = { start: string, end: string, importCost: string | null, exportRevenue: string | null, dailyCharge: string | null, savings: string | null, coverage: number, savingsCoverage: number };

export type SetExactTariffMutationVariables = Exact<{
  validFrom: string;
  dailyCharge: string;
  import: TariffRatesInput;
  export: TariffRatesInput;
}>;


export type SetExactTariffMutation = { setTariff: { currency: string } };

export type RecordExactPricesMutationVariables = Exact<{
  prices: Array<PriceInput> | PriceInput;
}>;


export type RecordExactPricesMutation = { recordPrices: number };

export type RecordWithIssuesMutationVariables = Exact<{
  readings: Array<TelemetryInput> | TelemetryInput;
}>;


export type RecordWithIssuesMutation = { recordTelemetry: { inserted: number, issueCount: number, issues: Array<{ index: number, field: string, expected: string, got: string, action: IssueAction }> } };

export type KnowRatedPowerMutationVariables = Exact<{
  id: number;
  ratedPower?: number | null | undefined;
}>;


export type KnowRatedPowerMutation = { upsertPlant: { ratedPower: number | null } };

export type DoubtfulSeenQueryVariables = Exact<{ [key: string]: never; }>;


export type DoubtfulSeenQuery = { health: { status: HealthStatus, checks: Array<{ name: string, detail: string | null }> } };

export type FleetDayQueryVariables = Exact<{
  plantIds?: Array<number> | number | null | undefined;
  from: string;
  to: string;
  day: string;
  timeZone?: string | null | undefined;
}>;


export type FleetDayQuery = { fleet: { plants: Array<{ plantId: number }>, history: { bucket: string, timeZone: string, points: Array<{ start: string, pvPower: number | null, loadPower: number | null, coverage: number, energy: { pv: number | null, load: number | null, gridImport: number | null, missing: Array<{ plantId: number, fields: Array<string> }> }, missing: Array<{ plantId: number, fields: Array<string> }> }> }, energy: Array<{ day: string, selfSufficiency: number | null, coverage: number, energy: { pv: number | null, load: number | null, gridImport: number | null, missing: Array<{ plantId: number, fields: Array<string> }> } }> } };

export type FleetCostsQueryVariables = Exact<{
  plantIds?: Array<number> | number | null | undefined;
  day: string;
}>;


export type FleetCostsQuery = { fleet: { costs: Array<{ day: string, currency: string | null, importCost: string | null, exportRevenue: string | null, dailyCharge: string | null, total: string | null, savings: string | null, coverage: number, missing: Array<{ plantId: number, fields: Array<string> }> }> }, one: Array<{ day: string, currency: string | null, importCost: string | null, exportRevenue: string | null, dailyCharge: string | null, total: string | null, savings: string | null, coverage: number }> };

type Figures_CostPeriod_Fragment = { day: string, currency: string | null, importCost: string | null, exportRevenue: string | null, dailyCharge: string | null, total: string | null, savings: string | null, coverage: number };

type Figures_FleetCostPeriod_Fragment = { day: string, currency: string | null, importCost: string | null, exportRevenue: string | null, dailyCharge: string | null, total: string | null, savings: string | null, coverage: number };

export type FiguresFragment =
  | Figures_CostPeriod_Fragment
  | Figures_FleetCostPeriod_Fragment
;

export type FleetNowQueryVariables = Exact<{
  plantIds?: Array<number> | number | null | undefined;
}>;


export type FleetNowQuery = { fleet: { plants: Array<{ plantId: number }>, latest: { timestamp: string | null, pvPower: number | null, gridPower: number | null, missing: Array<{ plantId: number, fields: Array<string> }> } } };

export type SetPlainMutationVariables = Exact<{
  plantId: number;
  currency: string;
  rate: string;
}>;


export type SetPlainMutation = { setTariff: { currency: string } };

export type SeenQueryVariables = Exact<{
  plantId: number;
  from: string;
  to: string;
  since: string;
  until: string;
}>;


export type SeenQuery = { energy: Array<{ day: string, start: string, end: string, coverage: number, energy: { pv: number | null, load: number | null, gridImport: number | null, gridExport: number | null, batteryCharge: number | null, batteryDischarge: number | null, generator: number | null } }>, days: { points: Array<{ start: string, pvPower: { avg: number } | null, loadPower: { avg: number } | null, gridPower: { avg: number } | null, batteryPower: { avg: number } | null, generatorPower: { avg: number } | null }> }, quarters: { points: Array<{ start: string, coverage: number, energy: { pv: number | null, load: number | null, gridImport: number | null, gridExport: number | null, batteryCharge: number | null, batteryDischarge: number | null, generator: number | null }, pvPower: { avg: number } | null, loadPower: { avg: number } | null, gridPower: { avg: number } | null, batteryPower: { avg: number } | null, generatorPower: { avg: number } | null }> } };

export type EverythingFragment = { pv: number | null, load: number | null, gridImport: number | null, gridExport: number | null, batteryCharge: number | null, batteryDischarge: number | null, generator: number | null };

export type MeansFragment = { pvPower: { avg: number } | null, loadPower: { avg: number } | null, gridPower: { avg: number } | null, batteryPower: { avg: number } | null, generatorPower: { avg: number } | null };

export type EnergyQueryVariables = Exact<{
  plantId: number;
  from: string;
  to: string;
  period?: Period | null | undefined;
  timeZone?: string | null | undefined;
}>;


export type EnergyQuery = { energy: Array<{ start: string, end: string, day: string, selfConsumption: number | null, selfSufficiency: number | null, peakPvPower: number | null, peakLoadPower: number | null, minSoc: number | null, maxSoc: number | null, coverage: number, energy: { pv: number | null, load: number | null, gridImport: number | null, gridExport: number | null, batteryCharge: number | null, batteryDischarge: number | null } }> };

export type LoadOnlyQueryVariables = Exact<{
  from: string;
  to: string;
}>;


export type LoadOnlyQuery = { energy: Array<{ selfSufficiency: number | null, totals: { load: number | null } }> };

export type LoadsFragment = { totals: { load: number | null } };

export type SetLimitMutationVariables = Exact<{
  id: number;
  maxGap?: string | null | undefined;
}>;


export type SetLimitMutation = { upsertPlant: { maxGap: string | null } };

export type RatePlantMutationVariables = Exact<{
  id: number;
  ratedPower?: number | null | undefined;
}>;


export type RatePlantMutation = { upsertPlant: { name: string | null, ratedPower: number | null, maxGap: string | null } };

export type DayOfEnergyQueryVariables = Exact<{
  plantId: number;
  day: string;
}>;


export type DayOfEnergyQuery = { energy: Array<{ coverage: number, energy: { pv: number | null, load: number | null } }> };

export type HistoryQueryVariables = Exact<{
  plantId: number;
  from: string;
  to: string;
  bucket?: string | null | undefined;
  maxPoints?: number | null | undefined;
  timeZone?: string | null | undefined;
  fill?: Fill | null | undefined;
}>;


export type HistoryQuery = { history: { bucket: string, timeZone: string, plant: { plantId: number, name: string | null }, points: Array<{ start: string, end: string, samples: number, coverage: number, soc: { avg: number, min: number, max: number, coverage: number } | null, pvPower: { avg: number, min: number, max: number, coverage: number } | null, energy: { pv: number | null, load: number | null, gridImport: number | null, gridExport: number | null, batteryCharge: number | null, batteryDischarge: number | null } }> } };

export type ValuesFragment = { avg: number, min: number, max: number, coverage: number };

export type ChartQueryVariables = Exact<{
  from: string;
  to: string;
}>;


export type ChartQuery = { history: { points: Array<{ start: string }> } };

export type MeanDayQueryVariables = Exact<{
  from: string;
  to: string;
}>;


export type MeanDayQuery = { excess: Array<{ day: string, excess: number | null, coverage: number }>, whole: Array<{ excess: number | null }>, meanDay: Array<{ hour: number, pvPower: number | null, soc: number | null, excess: number | null, coverage: number }>, byHour: Array<{ pvPower: number | null }> };

export type ChartOfQueryVariables = Exact<{
  plantId: number;
  to: string;
  bucket: string;
}>;


export type ChartOfQuery = { history: { points: Array<{ samples: number }> } };

export type ChartOfMuchQueryVariables = Exact<{
  to: string;
}>;


export type ChartOfMuchQuery = { history: { points: Array<{ soc: { avg: number } | null, batteryPower: { avg: number } | null, batteryVoltage: { avg: number } | null, batteryCurrent: { avg: number } | null, pvPower: { avg: number } | null, pvVoltage: { avg: number } | null, pvCurrent: { avg: number } | null, loadPower: { avg: number } | null, gridPower: { avg: number } | null, generatorPower: { avg: number } | null, batteryTemperature: { avg: number } | null }> } };

export type TwoChartsQueryVariables = Exact<{
  to: string;
}>;


export type TwoChartsQuery = { one: { bucket: string, points: Array<{ samples: number }> }, other: { bucket: string, points: Array<{ samples: number }> } };

export type LargeValuesQueryVariables = Exact<{ [key: string]: never; }>;


export type LargeValuesQuery = { telemetry: { nodes: Array<{ pvPower: number | null, batteryPower: number | null, batteryCharge: number | null, gridPower: number | null, gridImport: number | null }> }, history: { points: Array<{ pvPower: { max: number } | null, batteryPower: { max: number } | null, gridPower: { max: number } | null }> } };

export type BelowZeroQueryVariables = Exact<{ [key: string]: never; }>;


export type BelowZeroQuery = { plant: { latest: { pvPower: number | null, loadPower: number | null } | null } | null, latestEnergy: { pvPower: number | null, generatorPower: number | null } | null, telemetry: { nodes: Array<{ pvPower: number | null, loadPower: number | null, gridPower: number | null, pvToGrid: number | null, gridToLoad: number | null }> }, history: { points: Array<{ pvPower: { avg: number, min: number, max: number } | null, loadPower: { avg: number, min: number, max: number } | null, gridPower: { min: number } | null, pvToGrid: { avg: number, max: number } | null, energy: { pv: number | null, load: number | null, gridImport: number | null, gridExport: number | null } }> }, energy: Array<{ peakPvPower: number | null, peakLoadPower: number | null, selfConsumption: number | null, energy: { pv: number | null, load: number | null, generator: number | null } }> };

export type WrittenPageQueryVariables = Exact<{ [key: string]: never; }>;


export type WrittenPageQuery = { telemetry: { edges: Array<{ node: { id: string, timestamp: string, createdAt: string, gridPower: number | null, gridExport: number | null, pvPower: number | null, batteryToLoad: boolean | null } }> } };

export type ResolvedPageQueryVariables = Exact<{ [key: string]: never; }>;


export type ResolvedPageQuery = { telemetry: { edges: Array<{ node: { id: string, timestamp: string, createdAt: string, gridPower: number | null, gridExport: number | null, pvPower: number | null, batteryToLoad: boolean | null, plant: { name: string | null } } }> } };

export type PageQueryVariables = Exact<{
  plantId?: number | null | undefined;
  from?: string | null | undefined;
  to?: string | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
}>;


export type PageQuery = { telemetry: { edges: Array<{ cursor: string, node: { soc: number | null } }>, nodes: Array<{ soc: number | null }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };

export type PlantPageQueryVariables = Exact<{
  id: number;
  last?: number | null | undefined;
}>;


export type PlantPageQuery = { plant: { telemetry: { nodes: Array<{ soc: number | null }> } } | null };

export type PlantsByPageQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: number | null | undefined;
}>;


export type PlantsByPageQuery = { plants: Array<{ name: string | null, latest: { soc: number | null } | null }> };

export type RecordMutationVariables = Exact<{
  readings: Array<TelemetryInput> | TelemetryInput;
  onDuplicate?: OnDuplicate;
}>;


export type RecordMutation = { recordTelemetry: { received: number, inserted: number, duplicates: number, conflicts: number } };

export type RecordDoubtfulMutationVariables = Exact<{
  readings: Array<TelemetryInput> | TelemetryInput;
  onInvalid?: OnInvalid;
}>;


export type RecordDoubtfulMutation = { recordTelemetry: { received: number, inserted: number, duplicates: number, refused: number, issueCount: number, issues: Array<{ index: number, field: string, expected: string, got: string, action: IssueAction }> } };

export type StoredQueryVariables = Exact<{ [key: string]: never; }>;


export type StoredQuery = { telemetry: { nodes: Array<{ timestamp: string, soc: number | null, batteryPower: number | null, pvToLoad: boolean | null, plant: { plantId: number } }> }, plants: Array<{ plantId: number, latest: { timestamp: string, soc: number | null } | null }>, systemStats: { totalEnergySnapshots: number } };

export type DeleteMutationVariables = Exact<{
  plantId: number;
  from: string;
  to: string;
}>;


export type DeleteMutation = { deleteTelemetry: number };

export type NewestOfEachQueryVariables = Exact<{ [key: string]: never; }>;


export type NewestOfEachQuery = { systemStats: { totalEnergySnapshots: number }, plants: Array<{ plantId: number, latest: { timestamp: string } | null }> };

export type NamePlantOfPageMutationVariables = Exact<{
  id: number;
  name?: string | null | undefined;
  timeZone?: string | null | undefined;
}>;


export type NamePlantOfPageMutation = { upsertPlant: { plantId: number } };

export type EnergyOfPeriodsQueryVariables = Exact<{
  plantId: number;
  from: string;
  to: string;
  period: Period;
}>;


export type EnergyOfPeriodsQuery = { energy: Array<{ start: string, selfSufficiency: number | null, selfConsumption: number | null, coverage: number, energy: { pv: number | null, load: number | null, gridImport: number | null, gridExport: number | null, batteryCharge: number | null, batteryDischarge: number | null } }> };

export type CourseOfDayQueryVariables = Exact<{
  plantId: number;
  from: string;
  to: string;
  maxPoints: number;
}>;


export type CourseOfDayQuery = { history: { points: Array<{ start: string, pvPower: { avg: number } | null, soc: { avg: number } | null }> } };

export type CostsOfPeriodsQueryVariables = Exact<{
  plantId: number;
  from: string;
  to: string;
  period: Period;
}>;


export type CostsOfPeriodsQuery = { costs: Array<{ start: string, savings: string | null, importCost: string | null, dailyCharge: string | null, exportRevenue: string | null, total: string | null, coverage: number }> };

export type SetTariffOfPageMutationVariables = Exact<{
  plantId: number;
  validFrom: string;
  import: TariffRatesInput;
  export: TariffRatesInput;
}>;


export type SetTariffOfPageMutation = { setTariff: { validFrom: string } };

export type SumsOfFleetQueryVariables = Exact<{
  plantIds: Array<number> | number;
  timeZone: string;
  from: string;
  to: string;
}>;


export type SumsOfFleetQuery = { fleet: { energy: Array<{ selfSufficiency: number | null, selfConsumption: number | null, energy: { pv: number | null, load: number | null, gridImport: number | null, gridExport: number | null, batteryCharge: number | null, batteryDischarge: number | null } }>, costs: Array<{ savings: string | null, importCost: string | null, dailyCharge: string | null, exportRevenue: string | null, total: string | null }> } };

export type CourseOfFleetQueryVariables = Exact<{
  plantIds: Array<number> | number;
  timeZone: string;
  from: string;
  to: string;
}>;


export type CourseOfFleetQuery = { fleet: { history: { points: Array<{ start: string, pvPower: number | null, gridPower: number | null }> } } };

export type TariffsOfPageQueryVariables = Exact<{
  plantId: number;
}>;


export type TariffsOfPageQuery = { tariffs: Array<{ validFrom: string, dailyCharge: string, import: { rate: string | null, windows: Array<{ rate: string, months: Array<number>, weekdays: Array<Weekday>, from: string, to: string }> }, export: { rate: string | null, windows: Array<{ rate: string, from: string, to: string }> } }> };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const PerhapsFragmentDoc = new TypedDocumentString(`
    fragment Perhaps on Mutation {
  recordTelemetry(readings: $readings) @include(if: $record) {
    inserted
  }
}
    `, {"fragmentName":"Perhaps"}) as unknown as TypedDocumentString<PerhapsFragment, unknown>;
export const AmountsFragmentDoc = new TypedDocumentString(`
    fragment Amounts on CostPeriod {
  start
  end
  importCost
  exportRevenue
  dailyCharge
  savings
  coverage
  savingsCoverage
}
    `, {"fragmentName":"Amounts"}) as unknown as TypedDocumentString<AmountsFragment, unknown>;
export const FiguresFragmentDoc = new TypedDocumentString(`
    fragment Figures on CostFigures {
  day
  currency
  importCost
  exportRevenue
  dailyCharge
  total
  savings
  coverage
}
    `, {"fragmentName":"Figures"}) as unknown as TypedDocumentString<FiguresFragment, unknown>;
export const EverythingFragmentDoc = new TypedDocumentString(`
    fragment Everything on Energy {
  pv
  load
  gridImport
  gridExport
  batteryCharge
  batteryDischarge
  generator
}
    `, {"fragmentName":"Everything"}) as unknown as TypedDocumentString<EverythingFragment, unknown>;
export const MeansFragmentDoc = new TypedDocumentString(`
    fragment Means on HistoryPoint {
  pvPower {
    avg
  }
  loadPower {
    avg
  }
  gridPower {
    avg
  }
  batteryPower {
    avg
  }
  generatorPower {
    avg
  }
}
    `, {"fragmentName":"Means"}) as unknown as TypedDocumentString<MeansFragment, unknown>;
export const LoadsFragmentDoc = new TypedDocumentString(`
    fragment Loads on EnergyPeriod {
  totals: energy {
    load
  }
}
    `, {"fragmentName":"Loads"}) as unknown as TypedDocumentString<LoadsFragment, unknown>;
export const ValuesFragmentDoc = new TypedDocumentString(`
    fragment Values on Range {
  avg
  min
  max
  coverage
}
    `, {"fragmentName":"Values"}) as unknown as TypedDocumentString<ValuesFragment, unknown>;
export const WhatIsKeptDocument = new TypedDocumentString(`
    query WhatIsKept($plantId: Int!, $from: Date!, $to: Date!) {
  systemStats {
    totalEnergySnapshots
    plants
  }
  latestEnergy(plantId: $plantId) {
    timestamp
    soc
  }
  energy(plantId: $plantId, from: $from, to: $to) {
    day
    energy {
      pv
      load
      gridImport
      gridExport
    }
    coverage
  }
}
    `) as unknown as TypedDocumentString<WhatIsKeptQuery, WhatIsKeptQueryVariables>;
export const CursorOfNowDocument = new TypedDocumentString(`
    query CursorOfNow {
  telemetryCursor
}
    `) as unknown as TypedDocumentString<CursorOfNowQuery, CursorOfNowQueryVariables>;
export const EveryReadingDocument = new TypedDocumentString(`
    subscription EveryReading($after: String) {
  telemetry(after: $after) {
    cursor
    node {
      soc
    }
  }
}
    `) as unknown as TypedDocumentString<EveryReadingSubscription, EveryReadingSubscriptionVariables>;
export const EveryPlantDocument = new TypedDocumentString(`
    query EveryPlant {
  plants {
    plantId
    isSimulated
    latest {
      timestamp
    }
  }
}
    `) as unknown as TypedDocumentString<EveryPlantQuery, EveryPlantQueryVariables>;
export const LatestReadingDocument = new TypedDocumentString(`
    query LatestReading($plantId: Int) {
  latestEnergy(plantId: $plantId) {
    timestamp
    soc
    plant {
      plantId
      isSimulated
    }
  }
}
    `) as unknown as TypedDocumentString<LatestReadingQuery, LatestReadingQueryVariables>;
export const PageOfReadingsDocument = new TypedDocumentString(`
    query PageOfReadings($plantId: Int, $first: Int, $after: String) {
  telemetry(plantId: $plantId, first: $first, after: $after) {
    nodes {
      timestamp
      soc
      pvPower
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<PageOfReadingsQuery, PageOfReadingsQueryVariables>;
export const TotalsDocument = new TypedDocumentString(`
    query Totals {
  systemStats {
    totalEnergySnapshots
    plants
    liveSubscriptions
    latestEnergy {
      soc
      plant {
        plantId
      }
    }
  }
}
    `) as unknown as TypedDocumentString<TotalsQuery, TotalsQueryVariables>;
export const WholeStoryDocument = new TypedDocumentString(`
    query WholeStory($plantId: Int!) {
  history(
    plantId: $plantId
    from: "2026-01-01T00:00:00Z"
    to: "2026-01-02T00:00:00Z"
    bucket: "PT1H"
  ) {
    points {
      soc {
        avg
      }
    }
  }
  energy(plantId: $plantId, from: "2026-01-01", to: "2026-01-01") {
    energy {
      pv
    }
  }
  fleet(plantIds: [$plantId]) {
    energy(from: "2026-01-01", to: "2026-01-01") {
      energy {
        pv
      }
    }
  }
  telemetry(plantId: $plantId) {
    nodes {
      soc
    }
    pageInfo {
      hasNextPage
    }
  }
  systemStats {
    totalEnergySnapshots
  }
  latestEnergy(plantId: $plantId) {
    soc
  }
}
    `) as unknown as TypedDocumentString<WholeStoryQuery, WholeStoryQueryVariables>;
export const HourlyChartDocument = new TypedDocumentString(`
    query HourlyChart($plantId: Int!, $bucket: Duration! = "PT1H") {
  history(
    plantId: $plantId
    from: "2026-01-01T00:00:00Z"
    to: "2026-01-02T00:00:00Z"
    bucket: $bucket
  ) {
    plant {
      plantId
    }
    points {
      start
      pvPower {
        avg
      }
    }
  }
}
    `) as unknown as TypedDocumentString<HourlyChartQuery, HourlyChartQueryVariables>;
export const HealthReportDocument = new TypedDocumentString(`
    query HealthReport {
  health {
    status
    checks {
      name
      status
      detail
    }
  }
}
    `) as unknown as TypedDocumentString<HealthReportQuery, HealthReportQueryVariables>;
export const StorageStatusDocument = new TypedDocumentString(`
    query StorageStatus {
  schemaStatus {
    storage {
      kind
      reason
    }
    pendingMigrations
    migrations {
      name
      status
    }
  }
}
    `) as unknown as TypedDocumentString<StorageStatusQuery, StorageStatusQueryVariables>;
export const SendReadingsDocument = new TypedDocumentString(`
    mutation SendReadings($readings: [TelemetryInput!]!) {
  recordTelemetry(readings: $readings) {
    inserted
    duplicates
  }
}
    `) as unknown as TypedDocumentString<SendReadingsMutation, SendReadingsMutationVariables>;
export const ApplyMigrationsDocument = new TypedDocumentString(`
    mutation ApplyMigrations($target: String, $dryRun: Boolean! = false) {
  runMigration(target: $target, dryRun: $dryRun) {
    status
    steps {
      name
      status
      error
    }
    notices
  }
}
    `) as unknown as TypedDocumentString<ApplyMigrationsMutation, ApplyMigrationsMutationVariables>;
export const LiveReadingsDocument = new TypedDocumentString(`
    subscription LiveReadings($plantId: Int, $minInterval: Duration) {
  latestEnergy(plantId: $plantId, minInterval: $minInterval) {
    timestamp
    soc
    plant {
      plantId
    }
  }
}
    `) as unknown as TypedDocumentString<LiveReadingsSubscription, LiveReadingsSubscriptionVariables>;
export const LiveChargeDocument = new TypedDocumentString(`
    subscription LiveCharge($plantId: Int) {
  latestEnergy(plantId: $plantId) {
    timestamp
    soc
  }
}
    `) as unknown as TypedDocumentString<LiveChargeSubscription, LiveChargeSubscriptionVariables>;
export const InForceDocument = new TypedDocumentString(`
    query InForce {
  schemaStatus {
    storage {
      retention
      rollupRetention
      compressAfter
      compressionReason
    }
    hypertables {
      name
      retention
      compressionEnabled
    }
  }
}
    `) as unknown as TypedDocumentString<InForceQuery, InForceQueryVariables>;
export const LiveWithPlantDocument = new TypedDocumentString(`
    subscription LiveWithPlant {
  latestEnergy(plantId: 1) {
    soc
    plant {
      name
    }
  }
}
    `) as unknown as TypedDocumentString<LiveWithPlantSubscription, LiveWithPlantSubscriptionVariables>;
export const ConnectedPlantDocument = new TypedDocumentString(`
    query ConnectedPlant {
  plant(plantId: 7) {
    sources {
      name
      kind
      status
      readings24h
      lastError
    }
  }
  latestEnergy(plantId: 7) {
    batteryCharge
    gridExport
  }
}
    `) as unknown as TypedDocumentString<ConnectedPlantQuery, ConnectedPlantQueryVariables>;
export const RecordForRelayDocument = new TypedDocumentString(`
    mutation RecordForRelay($readings: [TelemetryInput!]!) {
  recordTelemetry(readings: $readings) {
    inserted
  }
}
    `) as unknown as TypedDocumentString<RecordForRelayMutation, RecordForRelayMutationVariables>;
export const AdoptedDocument = new TypedDocumentString(`
    query Adopted {
  telemetry(first: 100) {
    nodes {
      plant {
        plantId
      }
      timestamp
      soc
    }
  }
  plants {
    plantId
    latest {
      timestamp
      soc
    }
  }
  schemaStatus {
    storage {
      kind
    }
  }
}
    `) as unknown as TypedDocumentString<AdoptedQuery, AdoptedQueryVariables>;
export const SendDocument = new TypedDocumentString(`
    mutation Send($readings: [TelemetryInput!]!) {
  recordTelemetry(readings: $readings) {
    inserted
    duplicates
  }
}
    `) as unknown as TypedDocumentString<SendMutation, SendMutationVariables>;
export const RunDocument = new TypedDocumentString(`
    mutation Run($target: String, $dryRun: Boolean! = false) {
  runMigration(target: $target, dryRun: $dryRun) {
    status
    steps {
      name
      status
      appliedAt
      error
    }
    notices
  }
}
    `) as unknown as TypedDocumentString<RunMutation, RunMutationVariables>;
export const StatusDocument = new TypedDocumentString(`
    query Status {
  schemaStatus {
    storage {
      kind
      timescaledbVersion
      timescaledbLicense
      reason
    }
    tables {
      schema
      name
      kind
      columns {
        name
        type
        nullable
        comment
      }
      indexes {
        name
      }
    }
    hypertables {
      schema
      name
      chunks
      chunkInterval
      compressionEnabled
      retention
    }
    migrations {
      name
      status
    }
    pendingMigrations
  }
  health {
    status
    checks {
      name
      status
      detail
    }
  }
}
    `) as unknown as TypedDocumentString<StatusQuery, StatusQueryVariables>;
export const RecordEarlyDocument = new TypedDocumentString(`
    mutation RecordEarly($readings: [TelemetryInput!]!) {
  recordTelemetry(readings: $readings) {
    inserted
  }
}
    `) as unknown as TypedDocumentString<RecordEarlyMutation, RecordEarlyMutationVariables>;
export const RecordPerhapsDocument = new TypedDocumentString(`
    mutation RecordPerhaps($readings: [TelemetryInput!]!, $record: Boolean!) {
  ...Perhaps
  __typename
}
    fragment Perhaps on Mutation {
  recordTelemetry(readings: $readings) @include(if: $record) {
    inserted
  }
}`) as unknown as TypedDocumentString<RecordPerhapsMutation, RecordPerhapsMutationVariables>;
export const EverythingDocument = new TypedDocumentString(`
    query Everything {
  plants {
    id
    plantId
    name
  }
  telemetry {
    nodes {
      id
      plantId
      soc
      plant {
        id
        plantId
      }
    }
  }
}
    `) as unknown as TypedDocumentString<EverythingQuery, EverythingQueryVariables>;
export const OneNodeDocument = new TypedDocumentString(`
    query OneNode($id: ID!) {
  node(id: $id) {
    __typename
    id
    ... on Plant {
      plantId
      name
      latest {
        soc
      }
    }
    ... on Telemetry {
      plantId
      soc
      plant {
        id
        plantId
      }
    }
  }
}
    `) as unknown as TypedDocumentString<OneNodeQuery, OneNodeQueryVariables>;
export const NodesDocument = new TypedDocumentString(`
    query Nodes($ids: [ID!]!) {
  nodes(ids: $ids) {
    id
    ... on Telemetry {
      timestamp
      soc
    }
  }
}
    `) as unknown as TypedDocumentString<NodesQuery, NodesQueryVariables>;
export const MeteredDocument = new TypedDocumentString(`
    query Metered($from: Date!, $to: Date!, $period: Period!) {
  energy(plantId: 7, from: $from, to: $to, period: $period) {
    day
    energy {
      pv
    }
    metered {
      pv
      load
      gridImport
      gridExport
      batteryCharge
      batteryDischarge
      generator
    }
  }
}
    `) as unknown as TypedDocumentString<MeteredQuery, MeteredQueryVariables>;
export const DeleteCountedDocument = new TypedDocumentString(`
    mutation DeleteCounted($from: DateTime!, $to: DateTime!) {
  deleteTelemetry(plantId: 7, from: $from, to: $to)
}
    `) as unknown as TypedDocumentString<DeleteCountedMutation, DeleteCountedMutationVariables>;
export const EnergyOfYearDocument = new TypedDocumentString(`
    query EnergyOfYear($plantId: Int!) {
  energy(plantId: $plantId, from: "2026-01-01", to: "2026-12-31", period: YEAR) {
    energy {
      pv
      load
      gridImport
      gridExport
      batteryCharge
      batteryDischarge
    }
  }
}
    `) as unknown as TypedDocumentString<EnergyOfYearQuery, EnergyOfYearQueryVariables>;
export const EnergyOfFileDocument = new TypedDocumentString(`
    query EnergyOfFile($plantId: Int!, $from: Date!, $to: Date!) {
  energy(plantId: $plantId, from: $from, to: $to, period: YEAR) {
    energy {
      pv
      load
      gridImport
      gridExport
      batteryCharge
      batteryDischarge
    }
  }
}
    `) as unknown as TypedDocumentString<EnergyOfFileQuery, EnergyOfFileQueryVariables>;
export const SourcesOfPlantDocument = new TypedDocumentString(`
    query SourcesOfPlant {
  plant(plantId: 7) {
    sources {
      name
      kind
      status
      lastReadingAt
      lastError
      readings24h
      duplicates24h
      doubtful24h
      expectedInterval
    }
  }
}
    `) as unknown as TypedDocumentString<SourcesOfPlantQuery, SourcesOfPlantQueryVariables>;
export const StalePlantsDocument = new TypedDocumentString(`
    query StalePlants {
  plants {
    plantId
    isStale
  }
}
    `) as unknown as TypedDocumentString<StalePlantsQuery, StalePlantsQueryVariables>;
export const StaleFleetDocument = new TypedDocumentString(`
    query StaleFleet {
  fleet(timeZone: "UTC") {
    latest {
      pvPower
      missing {
        plantId
      }
    }
  }
}
    `) as unknown as TypedDocumentString<StaleFleetQuery, StaleFleetQueryVariables>;
export const DirectionsDocument = new TypedDocumentString(`
    query Directions($plantId: Int!, $from: Date!, $to: Date!) {
  latestEnergy(plantId: $plantId) {
    batteryCharge
    batteryDischarge
    gridExport
    gridImport
    pvPower
  }
  energy(plantId: $plantId, from: $from, to: $to, timeZone: "UTC") {
    energy {
      batteryCharge
      batteryDischarge
      gridExport
      gridImport
      pv
    }
  }
}
    `) as unknown as TypedDocumentString<DirectionsQuery, DirectionsQueryVariables>;
export const RecordNumberedDocument = new TypedDocumentString(`
    mutation RecordNumbered($readings: [TelemetryInput!]!) {
  recordTelemetry(readings: $readings) {
    received
    inserted
    duplicates
    conflicts
  }
}
    `) as unknown as TypedDocumentString<RecordNumberedMutation, RecordNumberedMutationVariables>;
export const FollowNewestDocument = new TypedDocumentString(`
    subscription FollowNewest($plantId: Int!) {
  latestEnergy(plantId: $plantId) {
    timestamp
  }
}
    `) as unknown as TypedDocumentString<FollowNewestSubscription, FollowNewestSubscriptionVariables>;
export const StatsDocument = new TypedDocumentString(`
    query Stats {
  systemStats {
    totalEnergySnapshots
    energySnapshots24h
    totalConversations
    conversationsToday
    agentEvents24h
    plants
    liveSubscriptions
    databaseSizeBytes
    latestEnergy {
      plant {
        plantId
      }
    }
  }
}
    `) as unknown as TypedDocumentString<StatsQuery, StatsQueryVariables>;
export const PlantsDocument = new TypedDocumentString(`
    query Plants {
  plants {
    plantId
    name
    timeZone
    isStale
    isSimulated
    latest {
      soc
      batteryCharge
      batteryDischarge
      gridImport
      gridExport
      ageSeconds
    }
  }
  latestEnergy {
    soc
  }
  silent: latestEnergy(plantId: 4) {
    soc
  }
  unknown: plant(plantId: 99) {
    plantId
  }
}
    `) as unknown as TypedDocumentString<PlantsQuery, PlantsQueryVariables>;
export const UpsertDocument = new TypedDocumentString(`
    mutation Upsert($id: Int!, $name: String, $timeZone: TimeZone) {
  upsertPlant(plantId: $id, name: $name, timeZone: $timeZone) {
    plantId
    name
    timeZone
    isStale
  }
}
    `) as unknown as TypedDocumentString<UpsertMutation, UpsertMutationVariables>;
export const NameOnlyDocument = new TypedDocumentString(`
    mutation NameOnly($id: Int!, $name: String) {
  upsertPlant(plantId: $id, name: $name) {
    name
    timeZone
  }
}
    `) as unknown as TypedDocumentString<NameOnlyMutation, NameOnlyMutationVariables>;
export const PagesDocument = new TypedDocumentString(`
    query Pages {
  telemetry(first: 1000) {
    nodes {
      plant {
        telemetry(first: 1000) {
          nodes {
            plant {
              telemetry(first: 1000) {
                nodes {
                  soc
                }
              }
            }
          }
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<PagesQuery, PagesQueryVariables>;
export const DashboardDocument = new TypedDocumentString(`
    query Dashboard {
  plants {
    plantId
    telemetry(first: 100) {
      nodes {
        timestamp
        soc
        pvPower
        loadPower
        batteryPower
        gridPower
      }
    }
  }
}
    `) as unknown as TypedDocumentString<DashboardQuery, DashboardQueryVariables>;
export const CostsDocument = new TypedDocumentString(`
    query Costs($plantId: Int!, $from: Date!, $to: Date!, $period: Period, $timeZone: TimeZone) {
  costs(
    plantId: $plantId
    from: $from
    to: $to
    period: $period
    timeZone: $timeZone
  ) {
    day
    currency
    importCost
    exportRevenue
    dailyCharge
    total
    savings
    coverage
    savingsCoverage
  }
}
    `) as unknown as TypedDocumentString<CostsQuery, CostsQueryVariables>;
export const SetTariffDocument = new TypedDocumentString(`
    mutation SetTariff($plantId: Int!, $validFrom: Date!, $currency: String!, $dailyCharge: Decimal!, $import: TariffRatesInput!, $export: TariffRatesInput!) {
  setTariff(
    plantId: $plantId
    validFrom: $validFrom
    currency: $currency
    dailyCharge: $dailyCharge
    import: $import
    export: $export
  ) {
    validFrom
  }
}
    `) as unknown as TypedDocumentString<SetTariffMutation, SetTariffMutationVariables>;
export const TariffsDocument = new TypedDocumentString(`
    query Tariffs($plantId: Int!) {
  tariffs(plantId: $plantId) {
    validFrom
    currency
    dailyCharge
    import {
      rate
      windows {
        rate
        months
        weekdays
        from
        to
      }
      addPrices
    }
    export {
      rate
    }
  }
}
    `) as unknown as TypedDocumentString<TariffsQuery, TariffsQueryVariables>;
export const DeleteTariffDocument = new TypedDocumentString(`
    mutation DeleteTariff($validFrom: Date!) {
  deleteTariff(plantId: 8, validFrom: $validFrom)
}
    `) as unknown as TypedDocumentString<DeleteTariffMutation, DeleteTariffMutationVariables>;
export const RecordPricesDocument = new TypedDocumentString(`
    mutation RecordPrices($plantId: Int!, $currency: String!, $prices: [PriceInput!]!) {
  recordPrices(plantId: $plantId, currency: $currency, prices: $prices)
}
    `) as unknown as TypedDocumentString<RecordPricesMutation, RecordPricesMutationVariables>;
export const PricesDocument = new TypedDocumentString(`
    query Prices($plantId: Int!, $from: DateTime!, $to: DateTime!) {
  prices(plantId: $plantId, from: $from, to: $to) {
    from
    to
    currency
    import
    export
  }
}
    `) as unknown as TypedDocumentString<PricesQuery, PricesQueryVariables>;
export const DeletePricesDocument = new TypedDocumentString(`
    mutation DeletePrices($plantId: Int!, $from: DateTime!, $to: DateTime!) {
  deletePrices(plantId: $plantId, from: $from, to: $to)
}
    `) as unknown as TypedDocumentString<DeletePricesMutation, DeletePricesMutationVariables>;
export const ExactCostsDocument = new TypedDocumentString(`
    query ExactCosts($from: Date!, $to: Date!) {
  days: costs(plantId: 7, from: $from, to: $to, period: DAY) {
    ...Amounts
  }
  year: costs(plantId: 7, from: $from, to: $to, period: YEAR) {
    ...Amounts
  }
  energyOfDays: energy(plantId: 7, from: $from, to: $to, period: DAY) {
    energy {
      gridImport
      gridExport
    }
  }
}
    fragment Amounts on CostPeriod {
  start
  end
  importCost
  exportRevenue
  dailyCharge
  savings
  coverage
  savingsCoverage
}`) as unknown as TypedDocumentString<ExactCostsQuery, ExactCostsQueryVariables>;
export const SetExactTariffDocument = new TypedDocumentString(`
    mutation SetExactTariff($validFrom: Date!, $dailyCharge: Decimal!, $import: TariffRatesInput!, $export: TariffRatesInput!) {
  setTariff(
    plantId: 7
    validFrom: $validFrom
    currency: "EUR"
    dailyCharge: $dailyCharge
    import: $import
    export: $export
  ) {
    currency
  }
}
    `) as unknown as TypedDocumentString<SetExactTariffMutation, SetExactTariffMutationVariables>;
export const RecordExactPricesDocument = new TypedDocumentString(`
    mutation RecordExactPrices($prices: [PriceInput!]!) {
  recordPrices(plantId: 7, currency: "EUR", prices: $prices)
}
    `) as unknown as TypedDocumentString<RecordExactPricesMutation, RecordExactPricesMutationVariables>;
export const RecordWithIssuesDocument = new TypedDocumentString(`
    mutation RecordWithIssues($readings: [TelemetryInput!]!) {
  recordTelemetry(readings: $readings) {
    inserted
    issueCount
    issues {
      index
      field
      expected
      got
      action
    }
  }
}
    `) as unknown as TypedDocumentString<RecordWithIssuesMutation, RecordWithIssuesMutationVariables>;
export const KnowRatedPowerDocument = new TypedDocumentString(`
    mutation KnowRatedPower($id: Int!, $ratedPower: Float) {
  upsertPlant(plantId: $id, ratedPower: $ratedPower) {
    ratedPower
  }
}
    `) as unknown as TypedDocumentString<KnowRatedPowerMutation, KnowRatedPowerMutationVariables>;
export const DoubtfulSeenDocument = new TypedDocumentString(`
    query DoubtfulSeen {
  health {
    status
    checks {
      name
      detail
    }
  }
}
    `) as unknown as TypedDocumentString<DoubtfulSeenQuery, DoubtfulSeenQueryVariables>;
export const FleetDayDocument = new TypedDocumentString(`
    query FleetDay($plantIds: [Int!], $from: DateTime!, $to: DateTime!, $day: Date!, $timeZone: TimeZone) {
  fleet(plantIds: $plantIds, timeZone: $timeZone) {
    plants {
      plantId
    }
    history(from: $from, to: $to, bucket: "PT1H") {
      bucket
      timeZone
      points {
        start
        pvPower
        loadPower
        coverage
        energy {
          pv
          load
          gridImport
          missing {
            plantId
            fields
          }
        }
        missing {
          plantId
          fields
        }
      }
    }
    energy(from: $day, to: $day) {
      day
      energy {
        pv
        load
        gridImport
        missing {
          plantId
          fields
        }
      }
      selfSufficiency
      coverage
    }
  }
}
    `) as unknown as TypedDocumentString<FleetDayQuery, FleetDayQueryVariables>;
export const FleetCostsDocument = new TypedDocumentString(`
    query FleetCosts($plantIds: [Int!], $day: Date!) {
  fleet(plantIds: $plantIds, timeZone: "UTC") {
    costs(from: $day, to: $day) {
      ...Figures
      missing {
        plantId
        fields
      }
    }
  }
  one: costs(plantId: 1, from: $day, to: $day) {
    ...Figures
  }
}
    fragment Figures on CostFigures {
  day
  currency
  importCost
  exportRevenue
  dailyCharge
  total
  savings
  coverage
}`) as unknown as TypedDocumentString<FleetCostsQuery, FleetCostsQueryVariables>;
export const FleetNowDocument = new TypedDocumentString(`
    query FleetNow($plantIds: [Int!]) {
  fleet(plantIds: $plantIds) {
    plants {
      plantId
    }
    latest {
      timestamp
      pvPower
      gridPower
      missing {
        plantId
        fields
      }
    }
  }
}
    `) as unknown as TypedDocumentString<FleetNowQuery, FleetNowQueryVariables>;
export const SetPlainDocument = new TypedDocumentString(`
    mutation SetPlain($plantId: Int!, $currency: String!, $rate: Decimal!) {
  setTariff(
    plantId: $plantId
    validFrom: "2026-01-01"
    currency: $currency
    dailyCharge: "0.004"
    import: { rate: $rate }
    export: { rate: "0" }
  ) {
    currency
  }
}
    `) as unknown as TypedDocumentString<SetPlainMutation, SetPlainMutationVariables>;
export const SeenDocument = new TypedDocumentString(`
    query Seen($plantId: Int!, $from: Date!, $to: Date!, $since: DateTime!, $until: DateTime!) {
  energy(plantId: $plantId, from: $from, to: $to) {
    day
    start
    end
    coverage
    energy {
      ...Everything
    }
  }
  days: history(plantId: $plantId, from: $since, to: $until, bucket: "P1D") {
    points {
      start
      ...Means
    }
  }
  quarters: history(plantId: $plantId, from: $since, to: $until, bucket: "PT15M") {
    points {
      start
      coverage
      energy {
        ...Everything
      }
      ...Means
    }
  }
}
    fragment Everything on Energy {
  pv
  load
  gridImport
  gridExport
  batteryCharge
  batteryDischarge
  generator
}
fragment Means on HistoryPoint {
  pvPower {
    avg
  }
  loadPower {
    avg
  }
  gridPower {
    avg
  }
  batteryPower {
    avg
  }
  generatorPower {
    avg
  }
}`) as unknown as TypedDocumentString<SeenQuery, SeenQueryVariables>;
export const EnergyDocument = new TypedDocumentString(`
    query Energy($plantId: Int!, $from: Date!, $to: Date!, $period: Period, $timeZone: TimeZone) {
  energy(
    plantId: $plantId
    from: $from
    to: $to
    period: $period
    timeZone: $timeZone
  ) {
    start
    end
    day
    energy {
      pv
      load
      gridImport
      gridExport
      batteryCharge
      batteryDischarge
    }
    selfConsumption
    selfSufficiency
    peakPvPower
    peakLoadPower
    minSoc
    maxSoc
    coverage
  }
}
    `) as unknown as TypedDocumentString<EnergyQuery, EnergyQueryVariables>;
export const LoadOnlyDocument = new TypedDocumentString(`
    query LoadOnly($from: Date!, $to: Date!) {
  energy(plantId: 7, from: $from, to: $to) {
    selfSufficiency
    ...Loads
  }
}
    fragment Loads on EnergyPeriod {
  totals: energy {
    load
  }
}`) as unknown as TypedDocumentString<LoadOnlyQuery, LoadOnlyQueryVariables>;
export const SetLimitDocument = new TypedDocumentString(`
    mutation SetLimit($id: Int!, $maxGap: Duration) {
  upsertPlant(plantId: $id, maxGap: $maxGap) {
    maxGap
  }
}
    `) as unknown as TypedDocumentString<SetLimitMutation, SetLimitMutationVariables>;
export const RatePlantDocument = new TypedDocumentString(`
    mutation RatePlant($id: Int!, $ratedPower: Float) {
  upsertPlant(plantId: $id, ratedPower: $ratedPower) {
    name
    ratedPower
    maxGap
  }
}
    `) as unknown as TypedDocumentString<RatePlantMutation, RatePlantMutationVariables>;
export const DayOfEnergyDocument = new TypedDocumentString(`
    query DayOfEnergy($plantId: Int!, $day: Date!) {
  energy(plantId: $plantId, from: $day, to: $day) {
    energy {
      pv
      load
    }
    coverage
  }
}
    `) as unknown as TypedDocumentString<DayOfEnergyQuery, DayOfEnergyQueryVariables>;
export const HistoryDocument = new TypedDocumentString(`
    query History($plantId: Int!, $from: DateTime!, $to: DateTime!, $bucket: Duration, $maxPoints: Int, $timeZone: TimeZone, $fill: Fill) {
  history(
    plantId: $plantId
    from: $from
    to: $to
    bucket: $bucket
    maxPoints: $maxPoints
    timeZone: $timeZone
    fill: $fill
  ) {
    plant {
      plantId
      name
    }
    bucket
    timeZone
    points {
      start
      end
      samples
      coverage
      soc {
        ...Values
      }
      pvPower {
        ...Values
      }
      energy {
        pv
        load
        gridImport
        gridExport
        batteryCharge
        batteryDischarge
      }
    }
  }
}
    fragment Values on Range {
  avg
  min
  max
  coverage
}`) as unknown as TypedDocumentString<HistoryQuery, HistoryQueryVariables>;
export const ChartDocument = new TypedDocumentString(`
    query Chart($from: DateTime!, $to: DateTime!) {
  history(plantId: 7, from: $from, to: $to, bucket: "PT1H") {
    points {
      start
    }
  }
}
    `) as unknown as TypedDocumentString<ChartQuery, ChartQueryVariables>;
export const MeanDayDocument = new TypedDocumentString(`
    query MeanDay($from: Date!, $to: Date!) {
  excess(plantId: 7, from: $from, to: $to, period: DAY) {
    day
    excess
    coverage
  }
  whole: excess(plantId: 7, from: $from, to: $to, period: YEAR) {
    excess
  }
  meanDay(plantId: 7, from: $from, to: $to) {
    hour
    pvPower
    soc
    excess
    coverage
  }
  byHour: meanDay(plantId: 7, from: $from, to: $to) {
    pvPower
  }
}
    `) as unknown as TypedDocumentString<MeanDayQuery, MeanDayQueryVariables>;
export const ChartOfDocument = new TypedDocumentString(`
    query ChartOf($plantId: Int!, $to: DateTime!, $bucket: Duration!) {
  history(
    plantId: $plantId
    from: "2026-03-01T00:00:00.000Z"
    to: $to
    bucket: $bucket
  ) {
    points {
      samples
    }
  }
}
    `) as unknown as TypedDocumentString<ChartOfQuery, ChartOfQueryVariables>;
export const ChartOfMuchDocument = new TypedDocumentString(`
    query ChartOfMuch($to: DateTime!) {
  history(plantId: 1, from: "2026-03-01T00:00:00.000Z", to: $to, bucket: "PT10M") {
    points {
      soc {
        avg
      }
      batteryPower {
        avg
      }
      batteryVoltage {
        avg
      }
      batteryCurrent {
        avg
      }
      pvPower {
        avg
      }
      pvVoltage {
        avg
      }
      pvCurrent {
        avg
      }
      loadPower {
        avg
      }
      gridPower {
        avg
      }
      generatorPower {
        avg
      }
      batteryTemperature {
        avg
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ChartOfMuchQuery, ChartOfMuchQueryVariables>;
export const TwoChartsDocument = new TypedDocumentString(`
    query TwoCharts($to: DateTime!) {
  one: history(
    plantId: 1
    from: "2026-03-01T00:00:00.000Z"
    to: $to
    bucket: "PT10M"
  ) {
    bucket
    points {
      samples
    }
  }
  other: history(
    plantId: 1
    from: "2026-03-01T00:00:00.000Z"
    to: $to
    bucket: "PT10M"
  ) {
    bucket
    points {
      samples
    }
  }
}
    `) as unknown as TypedDocumentString<TwoChartsQuery, TwoChartsQueryVariables>;
export const LargeValuesDocument = new TypedDocumentString(`
    query LargeValues {
  telemetry {
    nodes {
      pvPower
      batteryPower
      batteryCharge
      gridPower
      gridImport
    }
  }
  history(
    plantId: 1
    from: "2026-06-01T00:00:00Z"
    to: "2026-06-01T00:10:00Z"
    bucket: "PT10M"
  ) {
    points {
      pvPower {
        max
      }
      batteryPower {
        max
      }
      gridPower {
        max
      }
    }
  }
}
    `) as unknown as TypedDocumentString<LargeValuesQuery, LargeValuesQueryVariables>;
export const BelowZeroDocument = new TypedDocumentString(`
    query BelowZero {
  plant(plantId: 1) {
    latest {
      pvPower
      loadPower
    }
  }
  latestEnergy(plantId: 1) {
    pvPower
    generatorPower
  }
  telemetry {
    nodes {
      pvPower
      loadPower
      gridPower
      pvToGrid
      gridToLoad
    }
  }
  history(
    plantId: 1
    from: "2026-06-01T00:00:00Z"
    to: "2026-06-01T01:00:00Z"
    bucket: "PT1H"
  ) {
    points {
      pvPower {
        avg
        min
        max
      }
      loadPower {
        avg
        min
        max
      }
      gridPower {
        min
      }
      pvToGrid {
        avg
        max
      }
      energy {
        pv
        load
        gridImport
        gridExport
      }
    }
  }
  energy(plantId: 1, from: "2026-06-01", to: "2026-06-01") {
    peakPvPower
    peakLoadPower
    selfConsumption
    energy {
      pv
      load
      generator
    }
  }
}
    `) as unknown as TypedDocumentString<BelowZeroQuery, BelowZeroQueryVariables>;
export const WrittenPageDocument = new TypedDocumentString(`
    query WrittenPage {
  telemetry(plantId: 1) {
    edges {
      node {
        id
        timestamp
        createdAt
        gridPower
        gridExport
        pvPower
        batteryToLoad
      }
    }
  }
}
    `) as unknown as TypedDocumentString<WrittenPageQuery, WrittenPageQueryVariables>;
export const ResolvedPageDocument = new TypedDocumentString(`
    query ResolvedPage {
  telemetry(plantId: 1) {
    edges {
      node {
        id
        timestamp
        createdAt
        gridPower
        gridExport
        pvPower
        batteryToLoad
        plant {
          name
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ResolvedPageQuery, ResolvedPageQueryVariables>;
export const PageDocument = new TypedDocumentString(`
    query Page($plantId: Int, $from: DateTime, $to: DateTime, $first: Int, $after: String, $last: Int, $before: String) {
  telemetry(
    plantId: $plantId
    from: $from
    to: $to
    first: $first
    after: $after
    last: $last
    before: $before
  ) {
    edges {
      cursor
      node {
        soc
      }
    }
    nodes {
      soc
    }
    pageInfo {
      hasNextPage
      hasPreviousPage
      startCursor
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<PageQuery, PageQueryVariables>;
export const PlantPageDocument = new TypedDocumentString(`
    query PlantPage($id: Int!, $last: Int) {
  plant(plantId: $id) {
    telemetry(last: $last) {
      nodes {
        soc
      }
    }
  }
}
    `) as unknown as TypedDocumentString<PlantPageQuery, PlantPageQueryVariables>;
export const PlantsByPageDocument = new TypedDocumentString(`
    query PlantsByPage($first: Int, $after: Int) {
  plants(first: $first, after: $after) {
    name
    latest {
      soc
    }
  }
}
    `) as unknown as TypedDocumentString<PlantsByPageQuery, PlantsByPageQueryVariables>;
export const RecordDocument = new TypedDocumentString(`
    mutation Record($readings: [TelemetryInput!]!, $onDuplicate: OnDuplicate! = KEEP) {
  recordTelemetry(readings: $readings, onDuplicate: $onDuplicate) {
    received
    inserted
    duplicates
    conflicts
  }
}
    `) as unknown as TypedDocumentString<RecordMutation, RecordMutationVariables>;
export const RecordDoubtfulDocument = new TypedDocumentString(`
    mutation RecordDoubtful($readings: [TelemetryInput!]!, $onInvalid: OnInvalid! = REFUSE) {
  recordTelemetry(readings: $readings, onInvalid: $onInvalid) {
    received
    inserted
    duplicates
    refused
    issueCount
    issues {
      index
      field
      expected
      got
      action
    }
  }
}
    `) as unknown as TypedDocumentString<RecordDoubtfulMutation, RecordDoubtfulMutationVariables>;
export const StoredDocument = new TypedDocumentString(`
    query Stored {
  telemetry(first: 1000) {
    nodes {
      plant {
        plantId
      }
      timestamp
      soc
      batteryPower
      pvToLoad
    }
  }
  plants {
    plantId
    latest {
      timestamp
      soc
    }
  }
  systemStats {
    totalEnergySnapshots
  }
}
    `) as unknown as TypedDocumentString<StoredQuery, StoredQueryVariables>;
export const DeleteDocument = new TypedDocumentString(`
    mutation Delete($plantId: Int!, $from: DateTime!, $to: DateTime!) {
  deleteTelemetry(plantId: $plantId, from: $from, to: $to)
}
    `) as unknown as TypedDocumentString<DeleteMutation, DeleteMutationVariables>;
export const NewestOfEachDocument = new TypedDocumentString(`
    query NewestOfEach {
  systemStats {
    totalEnergySnapshots
  }
  plants {
    plantId
    latest {
      timestamp
    }
  }
}
    `) as unknown as TypedDocumentString<NewestOfEachQuery, NewestOfEachQueryVariables>;
export const NamePlantOfPageDocument = new TypedDocumentString(`
    mutation NamePlantOfPage($id: Int!, $name: String, $timeZone: TimeZone) {
  upsertPlant(plantId: $id, name: $name, timeZone: $timeZone) {
    plantId
  }
}
    `) as unknown as TypedDocumentString<NamePlantOfPageMutation, NamePlantOfPageMutationVariables>;
export const EnergyOfPeriodsDocument = new TypedDocumentString(`
    query EnergyOfPeriods($plantId: Int!, $from: Date!, $to: Date!, $period: Period!) {
  energy(plantId: $plantId, from: $from, to: $to, period: $period) {
    start
    energy {
      pv
      load
      gridImport
      gridExport
      batteryCharge
      batteryDischarge
    }
    selfSufficiency
    selfConsumption
    coverage
  }
}
    `) as unknown as TypedDocumentString<EnergyOfPeriodsQuery, EnergyOfPeriodsQueryVariables>;
export const CourseOfDayDocument = new TypedDocumentString(`
    query CourseOfDay($plantId: Int!, $from: DateTime!, $to: DateTime!, $maxPoints: Int!) {
  history(plantId: $plantId, from: $from, to: $to, maxPoints: $maxPoints) {
    points {
      start
      pvPower {
        avg
      }
      soc {
        avg
      }
    }
  }
}
    `) as unknown as TypedDocumentString<CourseOfDayQuery, CourseOfDayQueryVariables>;
export const CostsOfPeriodsDocument = new TypedDocumentString(`
    query CostsOfPeriods($plantId: Int!, $from: Date!, $to: Date!, $period: Period!) {
  costs(plantId: $plantId, from: $from, to: $to, period: $period) {
    start
    savings
    importCost
    dailyCharge
    exportRevenue
    total
    coverage
  }
}
    `) as unknown as TypedDocumentString<CostsOfPeriodsQuery, CostsOfPeriodsQueryVariables>;
export const SetTariffOfPageDocument = new TypedDocumentString(`
    mutation SetTariffOfPage($plantId: Int!, $validFrom: Date!, $import: TariffRatesInput!, $export: TariffRatesInput!) {
  setTariff(
    plantId: $plantId
    validFrom: $validFrom
    currency: "EUR"
    dailyCharge: "0.4125"
    import: $import
    export: $export
  ) {
    validFrom
  }
}
    `) as unknown as TypedDocumentString<SetTariffOfPageMutation, SetTariffOfPageMutationVariables>;
export const SumsOfFleetDocument = new TypedDocumentString(`
    query SumsOfFleet($plantIds: [Int!]!, $timeZone: TimeZone!, $from: Date!, $to: Date!) {
  fleet(plantIds: $plantIds, timeZone: $timeZone) {
    energy(from: $from, to: $to, period: MONTH) {
      energy {
        pv
        load
        gridImport
        gridExport
        batteryCharge
        batteryDischarge
      }
      selfSufficiency
      selfConsumption
    }
    costs(from: $from, to: $to, period: MONTH) {
      savings
      importCost
      dailyCharge
      exportRevenue
      total
    }
  }
}
    `) as unknown as TypedDocumentString<SumsOfFleetQuery, SumsOfFleetQueryVariables>;
export const CourseOfFleetDocument = new TypedDocumentString(`
    query CourseOfFleet($plantIds: [Int!]!, $timeZone: TimeZone!, $from: DateTime!, $to: DateTime!) {
  fleet(plantIds: $plantIds, timeZone: $timeZone) {
    history(from: $from, to: $to, maxPoints: 48) {
      points {
        start
        pvPower
        gridPower
      }
    }
  }
}
    `) as unknown as TypedDocumentString<CourseOfFleetQuery, CourseOfFleetQueryVariables>;
export const TariffsOfPageDocument = new TypedDocumentString(`
    query TariffsOfPage($plantId: Int!) {
  tariffs(plantId: $plantId) {
    validFrom
    dailyCharge
    import {
      rate
      windows {
        rate
        months
        weekdays
        from
        to
      }
    }
    export {
      rate
      windows {
        rate
        from
        to
      }
    }
  }
}
    `) as unknown as TypedDocumentString<TariffsOfPageQuery, TariffsOfPageQueryVariables>;