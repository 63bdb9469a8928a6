import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/config.js'
import { variables } from '../../src/config/variables.js'

const example = readFileSync('.env.example', 'utf8')

/** What is said of each variable: the comment above it, and the value behind the `=`. */
const documented = [...example.matchAll(/((?:^# .*\n)+)# ([A-Z][A-Z_]*)=(.*)$/gm)].map(
  ([, comment = '', name = '', value = '']) => ({
    name,
    value,
    comment: comment.replaceAll(/^# /gm, '').replaceAll('\n', ' '),
  }),
)

describe('.env.example', () => {
  test('names exactly the variables that the service reads, in their order', () => {
    expect(documented.map(({ name }) => name)).toEqual(Object.keys(variables))
  })

  test.each(Object.entries(variables))('says of %s what it means and what holds without it', (name, variable) => {
    const { comment = '' } = documented.find((entry) => entry.name === name) ?? {}
    expect(comment).toContain(variable.description)
    expect(comment).toContain(`Default: ${variable.default}`)
  })

  test('changes nothing when it is used as it is, and nothing when every value in it is set', () => {
    const values = documented.filter(({ value }) => value !== '').map(({ name, value }) => [name, value] as const)
    expect(values.length).toBeGreaterThan(5)
    expect(loadConfig(Object.fromEntries(values))).toEqual(loadConfig({}))
  })

  test('sets nothing by itself', () => {
    expect(example.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([])
  })
})
