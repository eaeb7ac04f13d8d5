/* eslint-disable */
import * as types from './graphql.ts';



/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "\n  mutation Record($readings: [TelemetryInput!]!, $onDuplicate: OnDuplicate! = KEEP) {\n    recordTelemetry(readings: $readings, onDuplicate: $onDuplicate) {\n      received\n      inserted\n      duplicates\n      conflicts\n    }\n  }\n": typeof types.RecordDocument,
    "\n  query Stored {\n    telemetry(first: 1000) {\n      nodes {\n        plant {\n          id\n        }\n        timestamp\n        soc\n        batteryPower\n        pvToLoad\n      }\n    }\n    plants {\n      id\n      latest {\n        timestamp\n        soc\n      }\n    }\n    systemStats {\n      totalEnergySnapshots\n    }\n  }\n": typeof types.StoredDocument,
    "\n  mutation Delete($plantId: Int!, $from: DateTime!, $to: DateTime!) {\n    deleteTelemetry(plantId: $plantId, from: $from, to: $to)\n  }\n": typeof types.DeleteDocument,
    "\n      mutation Infinite {\n        recordTelemetry(readings: [{ plantId: 1, pvPower: 1e999 }]) {\n          inserted\n        }\n      }\n    ": typeof types.InfiniteDocument,
};
const documents: Documents = {
    "\n  mutation Record($readings: [TelemetryInput!]!, $onDuplicate: OnDuplicate! = KEEP) {\n    recordTelemetry(readings: $readings, onDuplicate: $onDuplicate) {\n      received\n      inserted\n      duplicates\n      conflicts\n    }\n  }\n": types.RecordDocument,
    "\n  query Stored {\n    telemetry(first: 1000) {\n      nodes {\n        plant {\n          id\n        }\n        timestamp\n        soc\n        batteryPower\n        pvToLoad\n      }\n    }\n    plants {\n      id\n      latest {\n        timestamp\n        soc\n      }\n    }\n    systemStats {\n      totalEnergySnapshots\n    }\n  }\n": types.StoredDocument,
    "\n  mutation Delete($plantId: Int!, $from: DateTime!, $to: DateTime!) {\n    deleteTelemetry(plantId: $plantId, from: $from, to: $to)\n  }\n": types.DeleteDocument,
    "\n      mutation Infinite {\n        recordTelemetry(readings: [{ plantId: 1, pvPower: 1e999 }]) {\n          inserted\n        }\n      }\n    ": types.InfiniteDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Record($readings: [TelemetryInput!]!, $onDuplicate: OnDuplicate! = KEEP) {\n    recordTelemetry(readings: $readings, onDuplicate: $onDuplicate) {\n      received\n      inserted\n      duplicates\n      conflicts\n    }\n  }\n"): typeof import('./graphql.ts').RecordDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Stored {\n    telemetry(first: 1000) {\n      nodes {\n        plant {\n          id\n        }\n        timestamp\n        soc\n        batteryPower\n        pvToLoad\n      }\n    }\n    plants {\n      id\n      latest {\n        timestamp\n        soc\n      }\n    }\n    systemStats {\n      totalEnergySnapshots\n    }\n  }\n"): typeof import('./graphql.ts').StoredDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Delete($plantId: Int!, $from: DateTime!, $to: DateTime!) {\n    deleteTelemetry(plantId: $plantId, from: $from, to: $to)\n  }\n"): typeof import('./graphql.ts').DeleteDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n      mutation Infinite {\n        recordTelemetry(readings: [{ plantId: 1, pvPower: 1e999 }]) {\n          inserted\n        }\n      }\n    "): typeof import('./graphql.ts').InfiniteDocument;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
