/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type NewReadingsSubscriptionVariables = Exact<{
  plantId?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type NewReadingsSubscription = { telemetry: Array<{ cursor: string, node: { timestamp: string, soc: number | null, pvPower: number | null, batteryPower: number | null, gridPower: number | null, loadPower: number | null, plant: { plantId: number } } }> };

export type StartCursorQueryVariables = Exact<{ [key: string]: never; }>;


export type StartCursorQuery = { telemetryCursor: string };

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

export const NewReadingsDocument = new TypedDocumentString(`
    subscription NewReadings($plantId: Int, $after: String) {
  telemetry(plantId: $plantId, after: $after) {
    cursor
    node {
      plant {
        plantId
      }
      timestamp
      soc
      pvPower
      batteryPower
      gridPower
      loadPower
    }
  }
}
    `) as unknown as TypedDocumentString<NewReadingsSubscription, NewReadingsSubscriptionVariables>;
export const StartCursorDocument = new TypedDocumentString(`
    query StartCursor {
  telemetryCursor
}
    `) as unknown as TypedDocumentString<StartCursorQuery, StartCursorQueryVariables>;