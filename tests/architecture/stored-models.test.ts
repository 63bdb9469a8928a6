import { expect, test } from 'vitest'
import { getDatamodel } from '../../src/generated/pothos-prisma-types.js'

const models = Object.entries(getDatamodel().datamodel.models)

test('every model and every field that is stored says what it means', () => {
  const silent = models.flatMap(([model, { documentation, fields }]) => [
    ...(documentation ? [] : [model]),
    ...fields.filter((field) => !field.documentation).map(({ name }) => `${model}.${name}`),
  ])
  expect(models.length).toBeGreaterThan(0)
  expect(silent).toEqual([])
})
