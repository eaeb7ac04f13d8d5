import type { CodegenConfig } from '@graphql-codegen/cli'

/** Typed operations for tests and clients, from the printed contract and never from the code. */
const config: CodegenConfig = {
  schema: 'schema.graphql',
  documents: ['test/**/*.ts', 'bench/**/*.ts', '!test/generated/**'],
  ignoreNoDocuments: true,
  importExtension: '.ts',
  generates: {
    'test/generated/': {
      preset: 'client',
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
        },
      },
    },
  },
}

export default config
