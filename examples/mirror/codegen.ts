import type { CodegenConfig } from '@graphql-codegen/cli'

// Types the operations of this example: `graphql('query …')` gives its text with the types of its result and variables.
const config: CodegenConfig = {
  schema: 'schema.graphql',
  documents: ['examples/mirror/operations.ts'],
  importExtension: '.js',
  emitLegacyCommonJSImports: false,
  generates: {
    'examples/mirror/generated/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        documentMode: 'string',
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
