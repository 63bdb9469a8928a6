import SchemaBuilder, { type ArgBuilder } from '@pothos/core'
import ComplexityPlugin from '@pothos/plugin-complexity'
import PrismaPlugin from '@pothos/plugin-prisma'
import type PrismaTypes from '../generated/pothos-prisma-types.js'
import { getDatamodel } from '../generated/pothos-prisma-types.js'
import type { Context } from './context.js'

interface SchemaTypes {
  Context: Context
  PrismaTypes: PrismaTypes
  DefaultFieldNullability: false
  Scalars: {
    ID: { Input: string; Output: string }
    DateTime: { Input: Date; Output: Date }
    URL: { Input: URL; Output: string }
  }
}

/** The types behind the builder, as Pothos completes them. */
export type BuilderTypes = PothosSchemaTypes.ExtendDefaultTypes<SchemaTypes>

/** Declares the arguments of a field. */
export type ArgumentBuilder = ArgBuilder<BuilderTypes>

/** The builder to which every room adds its part of the schema. Fields are non-null unless they say otherwise. */
export type Builder = ReturnType<typeof createBuilder>

export function createBuilder() {
  return new SchemaBuilder<SchemaTypes>({
    plugins: [PrismaPlugin, ComplexityPlugin],
    defaultFieldNullability: false,
    // The pipeline asks for the cost, before anything is executed.
    complexity: { disabled: true, defaultComplexity: 1, defaultListMultiplier: 5 },
    prisma: {
      client: (context) => context.prisma,
      dmmf: getDatamodel(),
      exposeDescriptions: true,
    },
  })
}
