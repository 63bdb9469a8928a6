import type { CodegenConfig } from '@graphql-codegen/cli'

// Types the operations that tests use: `graphql('query …')` gives a document with typed result and variables.
const config: CodegenConfig = {
  schema: 'schema.graphql',
  documents: ['tests/**/*.ts', '!tests/generated/**'],
  ignoreNoDocuments: true,
  importExtension: '.js',
  emitLegacyCommonJSImports: false,
  generates: {
    'tests/generated/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        useTypeImports: true,
        enumsAsTypes: true,
        scalars: { DateTime: 'string', URL: 'string' },
        strictScalars: true,
        defaultScalarType: 'never',
      },
    },
  },
}

export default config
