/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** What becomes of a reading whose plant and instant are there already. */
export type OnDuplicate =
  /** What is stored stays. */
  | 'KEEP'
  /** What is sent takes its place: a correction. */
  | 'REPLACE';

/** A reading to store; what is left out or null was not measured. */
export type TelemetryInput = {
  /** A; + discharging, - charging. */
  batteryCurrent?: number | null | undefined;
  /** W; + discharging, - charging. */
  batteryPower?: number | null | undefined;
  /** Whether the battery feeds the load. */
  batteryToLoad?: boolean | null | undefined;
  /** V. */
  batteryVoltage?: number | null | undefined;
  /** W; + importing, - exporting. */
  gridPower?: number | null | undefined;
  /** W of grid power going to the load. */
  gridToLoad?: number | null | undefined;
  /** W, >= 0. */
  loadPower?: number | null | undefined;
  /** 0 or more. */
  plantId: number;
  /** A. */
  pvCurrent?: number | null | undefined;
  /** W, >= 0. */
  pvPower?: number | null | undefined;
  /** Whether PV charges the battery. */
  pvToBattery?: boolean | null | undefined;
  /** W of PV going to the grid. */
  pvToGrid?: number | null | undefined;
  /** Whether PV feeds the load. */
  pvToLoad?: boolean | null | undefined;
  /** V. */
  pvVoltage?: number | null | undefined;
  /** State of charge, %. */
  soc?: number | null | undefined;
  /** When it was measured, from 2000 to five minutes from now; now where it is left out. */
  timestamp?: string | null | undefined;
};

export type RecordMutationVariables = Exact<{
  readings: Array<TelemetryInput> | TelemetryInput;
  onDuplicate?: OnDuplicate;
}>;


export type RecordMutation = { recordTelemetry: { received: number, inserted: number, duplicates: number, conflicts: number } };

export type StoredQueryVariables = Exact<{ [key: string]: never; }>;


export type StoredQuery = { telemetry: { nodes: Array<{ timestamp: string, soc: number | null, batteryPower: number | null, pvToLoad: boolean | null, plant: { id: number } }> }, plants: Array<{ id: number, latest: { timestamp: string, soc: number | null } | null }>, systemStats: { totalEnergySnapshots: number } };

export type DeleteMutationVariables = Exact<{
  plantId: number;
  from: string;
  to: string;
}>;


export type DeleteMutation = { deleteTelemetry: number };

export type InfiniteMutationVariables = Exact<{ [key: string]: never; }>;


export type InfiniteMutation = { recordTelemetry: { inserted: number } };

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
export const StoredDocument = new TypedDocumentString(`
    query Stored {
  telemetry(first: 1000) {
    nodes {
      plant {
        id
      }
      timestamp
      soc
      batteryPower
      pvToLoad
    }
  }
  plants {
    id
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
export const InfiniteDocument = new TypedDocumentString(`
    mutation Infinite {
  recordTelemetry(readings: [{ plantId: 1, pvPower: 1e999 }]) {
    inserted
  }
}
    `) as unknown as TypedDocumentString<InfiniteMutation, InfiniteMutationVariables>;