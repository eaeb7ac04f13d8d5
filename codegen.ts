import type { CodegenConfig } from '@graphql-codegen/cli'

const typedOperations = {
  preset: 'client' as const,
  presetConfig: { fragmentMasking: false },
  config: {
    documentMode: 'string',
    useTypeImports: true,
    enumsAsTypes: true,
    strictScalars: true,
    scalars: {
      DateTime: 'string',
      Date: 'string',
      Duration: 'string',
      TimeZone: 'string',
      SafeInt: 'number',
      Decimal: 'string',
    },
  },
}

/** Typed operations for tests, for the page and for the example of a client, from the printed contract and never from the code. */
const config: CodegenConfig = {
  schema: 'schema.graphql',
  ignoreNoDocuments: true,
  importExtension: '.ts',
  generates: {
    'test/generated/': {
      ...typedOperations,
      documents: ['test/**/*.ts', 'bench/**/*.ts', '!test/generated/**', '!bench/peer/**'],
    },
    'src/web/generated/': {
      ...typedOperations,
      documents: ['src/web/*.graphql'],
    },
    'examples/generated/': {
      ...typedOperations,
      documents: ['examples/*.ts'],
    },
  },
}

export default config
