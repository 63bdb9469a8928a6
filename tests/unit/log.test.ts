import { describe, expect, test } from 'vitest'
import { createLogger } from '../../src/log.js'

function logTo(lines: Record<string, unknown>[], logLevel: 'info' | 'debug' = 'info') {
  return createLogger({ logLevel, logFormat: 'json' }, { write: (line) => lines.push(JSON.parse(line)) })
}

describe('the log', () => {
  test.each<[string, object]>([
    ['tokens', { token: 'secret', params: { token: 'secret' } }],
    ['authorization', { authorization: 'Bearer secret', headers: { authorization: 'Bearer secret' } }],
    ['what people say', { content: 'secret', message: { content: 'secret' } }],
    ['a row that Postgres quotes', { err: Object.assign(new Error('refused'), { detail: 'Failing row: secret' }) }],
    [
      'a row that Postgres quotes inside of an error of Prisma',
      { err: Object.assign(new Error('refused'), { meta: { driverAdapterError: { cause: { detail: 'secret' } } } }) },
    ],
  ])('says nothing of %s', (_, fields) => {
    const lines: Record<string, unknown>[] = []
    logTo(lines).info({ ...fields, requestId: 'id' }, 'Something happened')
    expect(lines).toMatchObject([{ requestId: 'id', msg: 'Something happened' }])
    expect(JSON.stringify(lines)).not.toContain('secret')
  })

  test('says what failed, and where', () => {
    const lines: Record<string, unknown>[] = []
    logTo(lines).error({ err: new TypeError('broken') }, 'It failed')
    expect(lines).toMatchObject([
      { level: 50, err: { type: 'TypeError', message: 'broken', stack: expect.stringContaining('log.test') } },
    ])
  })

  test('leaves out what is below its level', () => {
    const lines: Record<string, unknown>[] = []
    logTo(lines).debug('in detail')
    expect(lines).toEqual([])
    logTo(lines, 'debug').debug('in detail')
    expect(lines).toHaveLength(1)
  })
})
