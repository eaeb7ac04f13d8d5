/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** The whole has the status of its worst check. */
export type HealthStatus =
  | 'DEGRADED'
  | 'HEALTHY'
  | 'UNHEALTHY';

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

/** A calendar period; weeks begin on Monday. */
export type Period =
  | 'DAY'
  | 'HOUR'
  | 'MONTH'
  | 'WEEK'
  | 'YEAR';

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

/** A day of the week. */
export type Weekday =
  | 'FRIDAY'
  | 'MONDAY'
  | 'SATURDAY'
  | 'SUNDAY'
  | 'THURSDAY'
  | 'TUESDAY'
  | 'WEDNESDAY';

export type ReadingFragment = { timestamp: string, ageSeconds: number, soc: number | null, pvPower: number | null, loadPower: number | null, batteryPower: number | null, gridPower: number | null, generatorPower: number | null, batteryVoltage: number | null, batteryTemperature: number | null, inverterTemperature: number | null, plantId: number };

export type PlantsQueryVariables = Exact<{
  first: number;
  after?: number | null | undefined;
}>;


export type PlantsQuery = { plants: Array<{ plantId: number, name: string | null, timeZone: string, isStale: boolean, isSimulated: boolean, latest: { timestamp: string, ageSeconds: number, soc: number | null, pvPower: number | null, loadPower: number | null, batteryPower: number | null, gridPower: number | null, generatorPower: number | null, batteryVoltage: number | null, batteryTemperature: number | null, inverterTemperature: number | null, plantId: number } | null }> };

export type LiveSubscriptionVariables = Exact<{
  plantId?: number | null | undefined;
}>;


export type LiveSubscription = { latestEnergy: { timestamp: string, ageSeconds: number, soc: number | null, pvPower: number | null, loadPower: number | null, batteryPower: number | null, gridPower: number | null, generatorPower: number | null, batteryVoltage: number | null, batteryTemperature: number | null, inverterTemperature: number | null, plantId: number } };

export type PeriodFragment = { start: string, end: string, day: string, coverage: number, selfConsumption: number | null, selfSufficiency: number | null, energy: { pv: number | null, load: number | null, gridImport: number | null, gridExport: number | null, batteryCharge: number | null, batteryDischarge: number | null, generator: number | null } };

export type EnergyOfQueryVariables = Exact<{
  plantId: number;
  from: string;
  to: string;
  period: Period;
}>;


export type EnergyOfQuery = { energy: Array<{ start: string, end: string, day: string, coverage: number, selfConsumption: number | null, selfSufficiency: number | null, energy: { pv: number | null, load: number | null, gridImport: number | null, gridExport: number | null, batteryCharge: number | null, batteryDischarge: number | null, generator: number | null } }> };

export type CourseQueryVariables = Exact<{
  plantId: number;
  from: string;
  to: string;
  bucket?: string | null | undefined;
  maxPoints?: number | null | undefined;
}>;


export type CourseQuery = { history: { bucket: string, points: Array<{ start: string, end: string, soc: { avg: number } | null, pvPower: { avg: number } | null, loadPower: { avg: number } | null, batteryPower: { avg: number } | null, gridPower: { avg: number } | null, generatorPower: { avg: number } | null }> } };

export type MissingFragment = { plantId: number, fields: Array<string> };

export type FleetNewestQueryVariables = Exact<{
  plantIds: Array<number> | number;
}>;


export type FleetNewestQuery = { fleet: { latest: { timestamp: string | null, pvPower: number | null, loadPower: number | null, batteryPower: number | null, gridPower: number | null, generatorPower: number | null, missing: Array<{ plantId: number, fields: Array<string> }> } } };

export type FleetEnergyOfQueryVariables = Exact<{
  plantIds: Array<number> | number;
  timeZone: string;
  from: string;
  to: string;
  period: Period;
}>;


export type FleetEnergyOfQuery = { fleet: { energy: Array<{ start: string, end: string, day: string, coverage: number, selfConsumption: number | null, selfSufficiency: number | null, energy: { pv: number | null, load: number | null, gridImport: number | null, gridExport: number | null, batteryCharge: number | null, batteryDischarge: number | null, generator: number | null, missing: Array<{ plantId: number, fields: Array<string> }> } }> } };

export type FleetCourseQueryVariables = Exact<{
  plantIds: Array<number> | number;
  timeZone: string;
  from: string;
  to: string;
  bucket?: string | null | undefined;
  maxPoints?: number | null | undefined;
}>;


export type FleetCourseQuery = { fleet: { history: { bucket: string, points: Array<{ start: string, end: string, pvPower: number | null, loadPower: number | null, batteryPower: number | null, gridPower: number | null, generatorPower: number | null, missing: Array<{ plantId: number, fields: Array<string> }> }> } } };

export type SystemStateQueryVariables = Exact<{ [key: string]: never; }>;


export type SystemStateQuery = { health: { status: HealthStatus, version: string, uptimeSeconds: number, checks: Array<{ name: string, status: HealthStatus, detail: string | null }> }, schemaStatus: { serverVersion: string, pendingMigrations: number, storage: { kind: StorageKind, timescaledbVersion: string | null, reason: string | null, retention: string | null, rollupRetention: string | null, compressAfter: string | null, compressionReason: string | null }, migrations: Array<{ name: string, status: MigrationStepStatus, error: string | null }> } };

export type StoredQueryVariables = Exact<{ [key: string]: never; }>;


export type StoredQuery = { plants: Array<{ plantId: number, name: string | null, sources: Array<{ name: string, kind: string, status: SourceStatus, lastReadingAt: string | null, lastError: string | null, readings24h: number, duplicates24h: number, doubtful24h: number }> }>, systemStats: { totalEnergySnapshots: number, energySnapshots24h: number, databaseSizeBytes: number } };

export type ApplyMigrationsMutationVariables = Exact<{ [key: string]: never; }>;


export type ApplyMigrationsMutation = { runMigration: { status: MigrationRunStatus, steps: Array<{ name: string, status: MigrationStepStatus, error: string | null }> } };

type Cost_CostPeriod_Fragment = { start: string, end: string, day: string, currency: string | null, importCost: string | null, exportRevenue: string | null, dailyCharge: string | null, total: string | null, savings: string | null, coverage: number, savingsCoverage: number };

type Cost_FleetCostPeriod_Fragment = { start: string, end: string, day: string, currency: string | null, importCost: string | null, exportRevenue: string | null, dailyCharge: string | null, total: string | null, savings: string | null, coverage: number, savingsCoverage: number };

export type CostFragment =
  | Cost_CostPeriod_Fragment
  | Cost_FleetCostPeriod_Fragment
;

export type RatesInWordsFragment = { rate: string | null, addPrices: boolean, windows: Array<{ rate: string, months: Array<number>, weekdays: Array<Weekday>, from: string, to: string }> };

export type TariffInWordsFragment = { validFrom: string, currency: string, dailyCharge: string, import: { rate: string | null, addPrices: boolean, windows: Array<{ rate: string, months: Array<number>, weekdays: Array<Weekday>, from: string, to: string }> }, export: { rate: string | null, addPrices: boolean, windows: Array<{ rate: string, months: Array<number>, weekdays: Array<Weekday>, from: string, to: string }> } };

export type CostsOfQueryVariables = Exact<{
  plantId: number;
  from: string;
  to: string;
  period: Period;
}>;


export type CostsOfQuery = { costs: Array<{ start: string, end: string, day: string, currency: string | null, importCost: string | null, exportRevenue: string | null, dailyCharge: string | null, total: string | null, savings: string | null, coverage: number, savingsCoverage: number }> };

export type FleetCostsOfQueryVariables = Exact<{
  plantIds: Array<number> | number;
  timeZone: string;
  from: string;
  to: string;
  period: Period;
}>;


export type FleetCostsOfQuery = { fleet: { costs: Array<{ start: string, end: string, day: string, currency: string | null, importCost: string | null, exportRevenue: string | null, dailyCharge: string | null, total: string | null, savings: string | null, coverage: number, savingsCoverage: number, missing: Array<{ plantId: number, fields: Array<string> }> }> } };

export type TariffsOfQueryVariables = Exact<{
  plantId: number;
}>;


export type TariffsOfQuery = { tariffs: Array<{ validFrom: string, currency: string, dailyCharge: string, import: { rate: string | null, addPrices: boolean, windows: Array<{ rate: string, months: Array<number>, weekdays: Array<Weekday>, from: string, to: string }> }, export: { rate: string | null, addPrices: boolean, windows: Array<{ rate: string, months: Array<number>, weekdays: Array<Weekday>, from: string, to: string }> } }> };

export type SetTariffOfMutationVariables = Exact<{
  plantId: number;
  validFrom: string;
  currency: string;
  dailyCharge: string;
  import: TariffRatesInput;
  export: TariffRatesInput;
}>;


export type SetTariffOfMutation = { setTariff: { validFrom: string } };

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
export const ReadingFragmentDoc = new TypedDocumentString(`
    fragment Reading on Telemetry {
  timestamp
  ageSeconds
  soc
  pvPower
  loadPower
  batteryPower
  gridPower
  generatorPower
  batteryVoltage
  batteryTemperature
  inverterTemperature
  plantId
}
    `, {"fragmentName":"Reading"}) as unknown as TypedDocumentString<ReadingFragment, unknown>;
export const PeriodFragmentDoc = new TypedDocumentString(`
    fragment Period on EnergyPeriod {
  start
  end
  day
  coverage
  selfConsumption
  selfSufficiency
  energy {
    pv
    load
    gridImport
    gridExport
    batteryCharge
    batteryDischarge
    generator
  }
}
    `, {"fragmentName":"Period"}) as unknown as TypedDocumentString<PeriodFragment, unknown>;
export const MissingFragmentDoc = new TypedDocumentString(`
    fragment Missing on MissingPart {
  plantId
  fields
}
    `, {"fragmentName":"Missing"}) as unknown as TypedDocumentString<MissingFragment, unknown>;
export const CostFragmentDoc = new TypedDocumentString(`
    fragment Cost on CostFigures {
  start
  end
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
    `, {"fragmentName":"Cost"}) as unknown as TypedDocumentString<CostFragment, unknown>;
export const RatesInWordsFragmentDoc = new TypedDocumentString(`
    fragment RatesInWords on TariffRates {
  rate
  addPrices
  windows {
    rate
    months
    weekdays
    from
    to
  }
}
    `, {"fragmentName":"RatesInWords"}) as unknown as TypedDocumentString<RatesInWordsFragment, unknown>;
export const TariffInWordsFragmentDoc = new TypedDocumentString(`
    fragment TariffInWords on Tariff {
  validFrom
  currency
  dailyCharge
  import {
    ...RatesInWords
  }
  export {
    ...RatesInWords
  }
}
    fragment RatesInWords on TariffRates {
  rate
  addPrices
  windows {
    rate
    months
    weekdays
    from
    to
  }
}`, {"fragmentName":"TariffInWords"}) as unknown as TypedDocumentString<TariffInWordsFragment, unknown>;
export const PlantsDocument = new TypedDocumentString(`
    query Plants($first: Int!, $after: Int) {
  plants(first: $first, after: $after) {
    plantId
    name
    timeZone
    isStale
    isSimulated
    latest {
      ...Reading
    }
  }
}
    fragment Reading on Telemetry {
  timestamp
  ageSeconds
  soc
  pvPower
  loadPower
  batteryPower
  gridPower
  generatorPower
  batteryVoltage
  batteryTemperature
  inverterTemperature
  plantId
}`) as unknown as TypedDocumentString<PlantsQuery, PlantsQueryVariables>;
export const LiveDocument = new TypedDocumentString(`
    subscription Live($plantId: Int) {
  latestEnergy(plantId: $plantId) {
    ...Reading
  }
}
    fragment Reading on Telemetry {
  timestamp
  ageSeconds
  soc
  pvPower
  loadPower
  batteryPower
  gridPower
  generatorPower
  batteryVoltage
  batteryTemperature
  inverterTemperature
  plantId
}`) as unknown as TypedDocumentString<LiveSubscription, LiveSubscriptionVariables>;
export const EnergyOfDocument = new TypedDocumentString(`
    query EnergyOf($plantId: Int!, $from: Date!, $to: Date!, $period: Period!) {
  energy(plantId: $plantId, from: $from, to: $to, period: $period) {
    ...Period
  }
}
    fragment Period on EnergyPeriod {
  start
  end
  day
  coverage
  selfConsumption
  selfSufficiency
  energy {
    pv
    load
    gridImport
    gridExport
    batteryCharge
    batteryDischarge
    generator
  }
}`) as unknown as TypedDocumentString<EnergyOfQuery, EnergyOfQueryVariables>;
export const CourseDocument = new TypedDocumentString(`
    query Course($plantId: Int!, $from: DateTime!, $to: DateTime!, $bucket: Duration, $maxPoints: Int) {
  history(
    plantId: $plantId
    from: $from
    to: $to
    bucket: $bucket
    maxPoints: $maxPoints
  ) {
    bucket
    points {
      start
      end
      soc {
        avg
      }
      pvPower {
        avg
      }
      loadPower {
        avg
      }
      batteryPower {
        avg
      }
      gridPower {
        avg
      }
      generatorPower {
        avg
      }
    }
  }
}
    `) as unknown as TypedDocumentString<CourseQuery, CourseQueryVariables>;
export const FleetNewestDocument = new TypedDocumentString(`
    query FleetNewest($plantIds: [Int!]!) {
  fleet(plantIds: $plantIds) {
    latest {
      timestamp
      pvPower
      loadPower
      batteryPower
      gridPower
      generatorPower
      missing {
        ...Missing
      }
    }
  }
}
    fragment Missing on MissingPart {
  plantId
  fields
}`) as unknown as TypedDocumentString<FleetNewestQuery, FleetNewestQueryVariables>;
export const FleetEnergyOfDocument = new TypedDocumentString(`
    query FleetEnergyOf($plantIds: [Int!]!, $timeZone: TimeZone!, $from: Date!, $to: Date!, $period: Period!) {
  fleet(plantIds: $plantIds, timeZone: $timeZone) {
    energy(from: $from, to: $to, period: $period) {
      start
      end
      day
      coverage
      selfConsumption
      selfSufficiency
      energy {
        pv
        load
        gridImport
        gridExport
        batteryCharge
        batteryDischarge
        generator
        missing {
          ...Missing
        }
      }
    }
  }
}
    fragment Missing on MissingPart {
  plantId
  fields
}`) as unknown as TypedDocumentString<FleetEnergyOfQuery, FleetEnergyOfQueryVariables>;
export const FleetCourseDocument = new TypedDocumentString(`
    query FleetCourse($plantIds: [Int!]!, $timeZone: TimeZone!, $from: DateTime!, $to: DateTime!, $bucket: Duration, $maxPoints: Int) {
  fleet(plantIds: $plantIds, timeZone: $timeZone) {
    history(from: $from, to: $to, bucket: $bucket, maxPoints: $maxPoints) {
      bucket
      points {
        start
        end
        pvPower
        loadPower
        batteryPower
        gridPower
        generatorPower
        missing {
          ...Missing
        }
      }
    }
  }
}
    fragment Missing on MissingPart {
  plantId
  fields
}`) as unknown as TypedDocumentString<FleetCourseQuery, FleetCourseQueryVariables>;
export const SystemStateDocument = new TypedDocumentString(`
    query SystemState {
  health {
    status
    version
    uptimeSeconds
    checks {
      name
      status
      detail
    }
  }
  schemaStatus {
    serverVersion
    pendingMigrations
    storage {
      kind
      timescaledbVersion
      reason
      retention
      rollupRetention
      compressAfter
      compressionReason
    }
    migrations {
      name
      status
      error
    }
  }
}
    `) as unknown as TypedDocumentString<SystemStateQuery, SystemStateQueryVariables>;
export const StoredDocument = new TypedDocumentString(`
    query Stored {
  plants {
    plantId
    name
    sources {
      name
      kind
      status
      lastReadingAt
      lastError
      readings24h
      duplicates24h
      doubtful24h
    }
  }
  systemStats {
    totalEnergySnapshots
    energySnapshots24h
    databaseSizeBytes
  }
}
    `) as unknown as TypedDocumentString<StoredQuery, StoredQueryVariables>;
export const ApplyMigrationsDocument = new TypedDocumentString(`
    mutation ApplyMigrations {
  runMigration {
    status
    steps {
      name
      status
      error
    }
  }
}
    `) as unknown as TypedDocumentString<ApplyMigrationsMutation, ApplyMigrationsMutationVariables>;
export const CostsOfDocument = new TypedDocumentString(`
    query CostsOf($plantId: Int!, $from: Date!, $to: Date!, $period: Period!) {
  costs(plantId: $plantId, from: $from, to: $to, period: $period) {
    ...Cost
  }
}
    fragment Cost on CostFigures {
  start
  end
  day
  currency
  importCost
  exportRevenue
  dailyCharge
  total
  savings
  coverage
  savingsCoverage
}`) as unknown as TypedDocumentString<CostsOfQuery, CostsOfQueryVariables>;
export const FleetCostsOfDocument = new TypedDocumentString(`
    query FleetCostsOf($plantIds: [Int!]!, $timeZone: TimeZone!, $from: Date!, $to: Date!, $period: Period!) {
  fleet(plantIds: $plantIds, timeZone: $timeZone) {
    costs(from: $from, to: $to, period: $period) {
      ...Cost
      missing {
        ...Missing
      }
    }
  }
}
    fragment Missing on MissingPart {
  plantId
  fields
}
fragment Cost on CostFigures {
  start
  end
  day
  currency
  importCost
  exportRevenue
  dailyCharge
  total
  savings
  coverage
  savingsCoverage
}`) as unknown as TypedDocumentString<FleetCostsOfQuery, FleetCostsOfQueryVariables>;
export const TariffsOfDocument = new TypedDocumentString(`
    query TariffsOf($plantId: Int!) {
  tariffs(plantId: $plantId) {
    ...TariffInWords
  }
}
    fragment RatesInWords on TariffRates {
  rate
  addPrices
  windows {
    rate
    months
    weekdays
    from
    to
  }
}
fragment TariffInWords on Tariff {
  validFrom
  currency
  dailyCharge
  import {
    ...RatesInWords
  }
  export {
    ...RatesInWords
  }
}`) as unknown as TypedDocumentString<TariffsOfQuery, TariffsOfQueryVariables>;
export const SetTariffOfDocument = new TypedDocumentString(`
    mutation SetTariffOf($plantId: Int!, $validFrom: Date!, $currency: String!, $dailyCharge: Decimal!, $import: TariffRatesInput!, $export: TariffRatesInput!) {
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
    `) as unknown as TypedDocumentString<SetTariffOfMutation, SetTariffOfMutationVariables>;