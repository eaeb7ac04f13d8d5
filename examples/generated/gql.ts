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
    "\n  subscription NewReadings($plantId: Int, $after: String) {\n    telemetry(plantId: $plantId, after: $after) {\n      cursor\n      node {\n        plant {\n          plantId\n        }\n        timestamp\n        soc\n        pvPower\n        batteryPower\n        gridPower\n        loadPower\n      }\n    }\n  }\n": typeof types.NewReadingsDocument,
    "\n  query StartCursor {\n    telemetryCursor\n  }\n": typeof types.StartCursorDocument,
};
const documents: Documents = {
    "\n  subscription NewReadings($plantId: Int, $after: String) {\n    telemetry(plantId: $plantId, after: $after) {\n      cursor\n      node {\n        plant {\n          plantId\n        }\n        timestamp\n        soc\n        pvPower\n        batteryPower\n        gridPower\n        loadPower\n      }\n    }\n  }\n": types.NewReadingsDocument,
    "\n  query StartCursor {\n    telemetryCursor\n  }\n": types.StartCursorDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription NewReadings($plantId: Int, $after: String) {\n    telemetry(plantId: $plantId, after: $after) {\n      cursor\n      node {\n        plant {\n          plantId\n        }\n        timestamp\n        soc\n        pvPower\n        batteryPower\n        gridPower\n        loadPower\n      }\n    }\n  }\n"): typeof import('./graphql.ts').NewReadingsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query StartCursor {\n    telemetryCursor\n  }\n"): typeof import('./graphql.ts').StartCursorDocument;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
